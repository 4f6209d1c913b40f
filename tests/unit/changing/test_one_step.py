"""Carrying out a step, against a deployer that is a program on disk and a real ledger (rules 1, 3, 5 and 6)."""

from dataclasses import replace

import pytest

from steadyhand.changing import outcome_of
from steadyhand.changing.recording import move
from steadyhand.domain.approval import ApprovalStatus
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.domain.incident import Environment
from steadyhand.domain.outcome import LedgerState
from steadyhand.errors import ApprovalRefused, EnvironmentBusy, PermanentError, TransientError
from steadyhand.profile import EnvironmentProfile, Mitigation
from steadyhand.store import ledger
from tests.unit.changing.world import World
from tests.unit.made import NOW, RELEASED, open_incident, planner_off


def untouched(world: World) -> bool:
    """The target was never told to change, and is as it was."""
    return world.target.applies == 0 and world.target.deployed == RELEASED.desired


async def test_an_approved_step_is_applied_and_waits_for_its_proof(world: World) -> None:
    """Rule 5: applied is not kept."""
    row = await world.approved()
    assert row.state is LedgerState.VERIFYING
    assert row.applied_at is not None
    assert world.target.deployed == world.plan.steps[0].after
    assert await world.rows() == (row,)


async def test_a_pending_question_is_no_yes(world: World) -> None:
    """Rule 1."""
    with pytest.raises(ApprovalRefused, match="nothing was changed"):
        await world.apply(await world.asked(yes=False))
    assert untouched(world)
    assert await world.rows() == ()


@pytest.mark.parametrize("answer", [ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED])
async def test_a_no_and_silence_are_no_yes(world: World, answer: ApprovalStatus) -> None:
    """Rule 1."""
    asked = await world.asked(yes=False)
    await world.settle(asked, answer)
    with pytest.raises(ApprovalRefused, match=answer):
        await world.apply(asked)
    assert untouched(world)


async def test_a_yes_to_another_digest_is_refused(world: World) -> None:
    """Rule 1: the digest must match the plan that is applied."""
    with pytest.raises(ApprovalRefused):
        await world.apply(await world.asked(digest="b" * 64))
    assert untouched(world)


async def test_a_yes_to_the_dry_run_is_no_yes_to_the_change(world: World) -> None:
    """Rule 1."""
    dry = planner_off(world.profile, world.plan.incident_id, dry_run=True)
    with pytest.raises(ApprovalRefused):
        await world.apply(await world.asked(digest=dry.digest))
    assert untouched(world)


async def test_a_replay_applies_once(world: World) -> None:
    """Rule 3."""
    asked = await world.asked()
    assert await world.apply(asked) == await world.apply(asked)
    assert world.target.applies == 1
    assert len(await world.rows()) == 1


@pytest.mark.parametrize("crashed", ["before the change", "after the change"])
async def test_a_row_left_applying_by_a_crash_converges_by_looking(world: World, crashed: str) -> None:
    """Rule 3: the ledger does not know whether it happened, so the target is asked."""
    async with world.database.transaction() as connection:
        row = await ledger.intend(connection, world.plan, 0, at=NOW)
        await ledger.move(connection, row, LedgerState.APPLYING, at=NOW)
    if crashed == "after the change":
        world.target.become(world.plan.steps[0].after)
    assert (await world.approved()).state is LedgerState.VERIFYING
    assert world.target.deployed == world.plan.steps[0].after
    assert world.target.applies == (0 if crashed == "after the change" else 1)


async def test_a_refused_change_is_put_back_with_its_last_words(world: World) -> None:
    """Rule 5: the former state is back and the incident says so."""
    world.target.behave("refuse")
    row = await world.approved()
    assert row.state is LedgerState.REVERTING
    assert row.last_words == "ValueError: planner cannot be disabled"
    outcome = outcome_of(await world.revert(row))
    assert outcome.state is LedgerState.REFUSED
    assert outcome.last_words == "ValueError: planner cannot be disabled"
    assert world.target.deployed == RELEASED.desired
    assert not outcome.healed


async def test_a_deployer_that_lies_is_caught(world: World) -> None:
    """Rule 5: proof, not exit codes."""
    world.target.behave("lie")
    row = await world.approved()
    assert row.state is LedgerState.REVERTING
    assert "reported success, but the target is release r2" in row.summary
    assert (await world.revert(row)).state is LedgerState.REFUSED


async def test_what_somebody_else_changed_is_not_overwritten(world: World) -> None:
    """Rule 3: neither by the change nor by its undo; a person is asked."""
    theirs = DesiredDeployment(release="r3", environment={})
    world.target.become(theirs)
    row = await world.revert(await world.approved())
    assert row.state is LedgerState.UNKNOWN
    assert "somebody changed the target" in row.summary
    assert world.target.deployed == theirs
    assert world.target.applies == 0


async def test_an_unproven_change_is_reverted_and_reverting_again_changes_nothing(world: World) -> None:
    """Rules 3 and 5."""
    row = await world.move(await world.approved(), LedgerState.REVERTING)
    reverted = await world.revert(row)
    assert reverted.state is LedgerState.REVERTED
    assert world.target.deployed == RELEASED.desired
    assert (await world.revert(row)).state is LedgerState.REVERTED
    assert world.target.applies == 2


async def test_an_undo_that_fails_asks_a_person(world: World) -> None:
    row = await world.move(await world.approved(), LedgerState.REVERTING)
    world.target.behave("lie")
    row = await world.revert(row)
    assert row.state is LedgerState.UNKNOWN
    assert "putting the former state back failed" in row.summary


async def test_a_target_that_cannot_be_read_is_tried_again_and_then_a_person_is_asked(world: World) -> None:
    """Rule 4: not knowing is not done."""
    world.target.behave("away")
    asked = await world.asked()
    with pytest.raises(TransientError, match="no route to host"):
        await world.apply(asked, last_try=False)
    assert (await world.apply(asked)).state is LedgerState.UNKNOWN


async def test_a_dry_run_changes_nothing(world: World) -> None:
    dry = replace(world, plan=planner_off(world.profile, world.plan.incident_id, dry_run=True))
    row = await dry.approved()
    assert row.state is LedgerState.DRY_RUN
    assert "PLANNING__ENABLED: true -> false" in row.summary
    assert untouched(world)


async def test_a_second_change_in_the_same_environment_has_to_wait(world: World) -> None:
    """Rule 6: one pair of hands."""
    await world.approved()
    other = replace(world, plan=planner_off(world.profile, await open_incident(world.database, "memory")))
    with pytest.raises(EnvironmentBusy):
        await other.approved()
    assert [row.state for row in await other.rows()] == [LedgerState.INTENDED]
    assert world.target.applies == 1


async def test_the_environment_is_free_again_once_a_change_rests(world: World) -> None:
    """Rule 6."""
    await world.move(await world.approved(), LedgerState.KEPT)
    other = replace(world, plan=planner_off(world.profile, await open_incident(world.database, "memory")))
    assert (await other.approved()).state is LedgerState.VERIFYING


async def test_the_cap_on_attempts_stops_further_changes(world: World) -> None:
    """Rule 6: the cap counts in the database, whatever became of the attempts."""
    capped = world.profile.model_copy(update={"mitigation": Mitigation(max_attempts_per_incident=1)})
    world = replace(world, profile=capped)
    await world.move(await world.approved(), LedgerState.REVERTED)
    again = replace(world, plan=planner_off(capped, world.plan.incident_id, generation=2))
    with pytest.raises(PermanentError, match="1 changes were tried for this incident already"):
        await again.approved()
    assert world.target.applies == 1


async def test_an_environment_without_a_deployer_asks_a_person(world: World) -> None:
    bare = world.profile.model_copy(update={"environments": {Environment.PRODUCTION: EnvironmentProfile()}})
    row = await replace(world, profile=bare).approved()
    assert row.state is LedgerState.UNKNOWN
    assert untouched(world)


async def test_a_caller_with_a_stale_row_undoes_nothing(world: World) -> None:
    """Rule 3: the change was kept meanwhile; a retry that remembers `verifying` must not put it back."""
    stale = await world.approved()
    await world.move(stale, LedgerState.KEPT)
    moved = await move(world.database, stale, LedgerState.REVERTING, "not proven")
    assert moved.state is LedgerState.KEPT
    assert (await world.revert(moved)).state is LedgerState.KEPT
    assert world.target.deployed == world.plan.steps[0].after
    assert world.target.applies == 1
