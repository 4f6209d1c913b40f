"""One contract for every kind of deployer (M1, M2, M3): the same demands, each on a target that really changes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.errors import ChangeRefused, TransientError
from steadyhand.mitigations import converge

from .command_world import command_world
from .compose_world import compose_world
from .github_world import github_world
from .kubernetes_world import kubernetes_world
from .world import EARLIER, MANAGED, ORIGINAL, PLANNER, RELEASE, SCHEDULER, SECRET, MakeWorld, World

BEFORE = DesiredDeployment(release=RELEASE, environment=ORIGINAL)
PLANNER_OFF = DesiredDeployment(release=RELEASE, environment={**ORIGINAL, PLANNER: "false"})
ROLLED_BACK = DesiredDeployment(release=EARLIER, environment=ORIGINAL)
WORDS = "planner: refusing to start, the cache is corrupt"


KINDS: dict[str, MakeWorld] = {
    "command": command_world,
    "compose": compose_world,
    "kubernetes": kubernetes_world,
    "github": github_world,
}


@pytest.fixture(params=list(KINDS))
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A healthy target at release 2.7.0."""
    async with KINDS[request.param](tmp_path) as made:
        yield made


async def test_the_state_is_read(world: World) -> None:
    """M1: what is deployed, whether it serves, and nothing that we do not manage."""
    found = await world.deployer.state()
    assert (found.desired, found.healthy) == (BEFORE, True)
    assert SECRET not in found.model_dump_json()


async def test_a_changed_variable_is_deployed_and_serves(world: World) -> None:
    """M2."""
    await world.deployer.apply(PLANNER_OFF)
    found = await world.deployer.state()
    assert (found.desired, found.healthy) == (PLANNER_OFF, True)
    assert await world.rollouts() == 1


async def test_what_is_there_already_is_not_rolled_out_again(world: World) -> None:
    """Rule 3: called twice, and called for nothing."""
    await world.deployer.apply(BEFORE)
    assert await world.rollouts() == 0
    await world.deployer.apply(PLANNER_OFF)
    await world.deployer.apply(PLANNER_OFF)
    assert await world.rollouts() == 1


async def test_a_release_is_rolled_back_and_the_rollback_is_undone(world: World) -> None:
    """M1: the state is as it was."""
    before = await world.deployer.state()
    await converge.apply(world.deployer, before=BEFORE, after=ROLLED_BACK)
    assert (await world.deployer.state()).release == EARLIER
    assert await converge.put_back(world.deployer, before=BEFORE, after=ROLLED_BACK) == before


async def test_a_variable_that_was_unset_is_unset_again_by_the_revert(world: World) -> None:
    """M3: the whole of what we manage is put back, not only what has a value."""
    without = DesiredDeployment(release=RELEASE, environment={SCHEDULER: "asyncio"})
    await world.deployer.apply(without)
    assert (await world.deployer.state()).environment == {SCHEDULER: "asyncio"}
    after = without.model_copy(update={"environment": {SCHEDULER: "asyncio", PLANNER: "false"}})
    await converge.apply(world.deployer, before=without, after=after)
    found = await converge.put_back(world.deployer, before=without, after=after)
    assert (found.desired, found.healthy) == (without, True)


async def test_a_target_that_dies_at_boot_is_told_with_its_last_words_and_put_back(world: World) -> None:
    """Rule 5: it refuses, says why, and the former state serves again."""
    before = await world.deployer.state()
    await world.die_at_boot(WORDS)
    with pytest.raises(ChangeRefused) as refused:
        await world.deployer.apply(PLANNER_OFF)
    assert WORDS in refused.value.last_words
    assert not (await world.deployer.state()).healthy
    await world.recover()
    assert await converge.put_back(world.deployer, before=BEFORE, after=PLANNER_OFF) == before


async def test_somebody_elses_change_is_seen_and_not_overwritten(world: World) -> None:
    """Rule 6: theirs is kept."""
    await world.changed_by_another()
    rollouts = await world.rollouts()
    theirs = {**ORIGINAL, SCHEDULER: "sequential"}
    assert (await world.deployer.state()).environment == theirs
    with pytest.raises(ChangeRefused, match="somebody changed"):
        await converge.apply(world.deployer, before=BEFORE, after=PLANNER_OFF)
    assert (await world.deployer.state()).environment == theirs
    assert await world.rollouts() == rollouts


async def test_an_unreachable_target_is_worth_another_look_and_refuses_changes(world: World) -> None:
    """Rule 4: unknown is not unchanged. A refusal says that nothing can land later; who cannot know that says less."""
    await world.unreachable()
    with pytest.raises(TransientError):
        await world.deployer.state()
    with pytest.raises((ChangeRefused, TransientError)):
        await world.deployer.apply(PLANNER_OFF)
    assert await world.rollouts() == 0


async def test_known_good_releases_come_newest_first(world: World) -> None:
    """M1: one goes back to the newest that is not the current."""
    found = await world.deployer.state()
    assert [r for r in found.known_good_releases if r != RELEASE][:1] == [EARLIER]
    assert found.last_known_good == EARLIER


async def test_a_check_changes_nothing(world: World) -> None:
    """Rule 3: it may be asked at any time."""
    assert await world.deployer.check(PLANNER_OFF) in (True, False)
    assert await world.deployer.check(ROLLED_BACK) in (True, False)
    found = await world.deployer.state()
    assert (found.desired, found.healthy, await world.rollouts()) == (BEFORE, True, 0)


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2, 0.6])
async def test_a_cancelled_change_leaves_no_program_at_work_and_converges_later(world: World, seconds: float) -> None:
    """Rules 3 and 6: killed at any moment, nothing goes on by itself, and the next call finishes it."""
    mine = psutil.Process()
    before = set(mine.children(recursive=True))
    change = asyncio.create_task(world.deployer.apply(PLANNER_OFF))
    await asyncio.wait({change}, timeout=seconds)
    change.cancel()
    await asyncio.wait({change})
    assert {child for child in mine.children(recursive=True) if child.is_running()} <= before
    await world.deployer.apply(PLANNER_OFF)
    found = await world.deployer.state()
    assert (found.desired, found.healthy) == (PLANNER_OFF, True)


async def test_only_what_we_manage_is_shown(world: World) -> None:
    """Rule 8: the target's own variables and secrets stay its own."""
    await world.deployer.apply(ROLLED_BACK)
    found = await world.deployer.state()
    assert set(found.environment) <= set(MANAGED)
    assert SECRET not in found.model_dump_json()


async def test_of_other_variables_the_names_are_told(world: World) -> None:
    """M2, M3: where the profile's variable is misspelt, the doctor can name the nearest real one."""
    found = await world.deployer.state()
    assert {"API_TOKEN", "API_KEY"} & set(found.other_variables)
    assert not set(MANAGED) & set(found.other_variables)
