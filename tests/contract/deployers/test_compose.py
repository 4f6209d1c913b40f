"""A compose project and its env file, beyond the contract of all deployers (M1, M2, M3)."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steadyhand.clients.deployers.compose import ComposeProject
from steadyhand.clients.deployers.draft import draft
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.errors import ChangeRefused, ConfigurationError
from steadyhand.stack.ports import LOOPBACK
from tests.contract.target.strange import reply, strange

from .compose_world import COMPOSE_FILE, ENV_FILE, ComposeWorld, compose_world
from .world import EARLIER, MANAGED, ORIGINAL, PLANNER, RELEASE, SECRET

OFF = DesiredDeployment(release=RELEASE, environment={**ORIGINAL, PLANNER: "false"})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ComposeWorld]:
    """A project that is up."""
    async with compose_world(tmp_path) as made:
        yield made


async def test_everything_else_in_the_env_file_stays(world: ComposeWorld) -> None:
    """M2: mode, comments and the target's own secret."""
    world.env_file.chmod(0o640)
    await world.deployer.apply(OFF.model_copy(update={"release": EARLIER}))
    expected = ENV_FILE.replace('="true"', "=false").replace(f"{RELEASE} ", f"{EARLIER} ")
    assert world.env_file.read_text() == expected
    assert world.env_file.stat().st_mode & 0o777 == 0o640
    environment = world.machine.known()["environment"]
    assert (environment["RELEASE"], environment["API_TOKEN"]) == (EARLIER, SECRET)
    assert not [path for path in world.env_file.parent.iterdir() if "steadyhand" in path.name]


async def test_an_env_file_behind_a_link_stays_behind_it(world: ComposeWorld, tmp_path: Path) -> None:
    """M2: /srv/current/.env is often a link."""
    real = tmp_path / "real.env"
    world.env_file.rename(real)
    world.env_file.symlink_to(real)
    await world.deployer.apply(OFF)
    assert world.env_file.is_symlink()
    assert "PLANNING__ENABLED=false" in real.read_text()


async def test_killed_between_writing_and_starting_it_is_not_called_healthy(world: ComposeWorld) -> None:
    """Rule 3: the old container still answers, but it is not what the file says; the next call finishes the change."""
    with world.machine.alone():
        change = asyncio.create_task(world.deployer.apply(OFF))
        deadline = time.monotonic() + 20
        while "PLANNING__ENABLED=false" not in world.env_file.read_text():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        change.cancel()
        await asyncio.wait({change})
    found = await world.deployer.state()
    assert (found.desired, found.healthy, await world.rollouts()) == (OFF, False, 0)
    await world.deployer.apply(OFF)
    found = await world.deployer.state()
    assert (found.desired, found.healthy, await world.rollouts()) == (OFF, True, 1)


async def test_a_person_who_finishes_the_work_by_hand_is_believed(world: ComposeWorld) -> None:
    """Rule 6: what we left behind is void once somebody else has written the file."""
    await world.die_at_boot("no")
    with pytest.raises(ChangeRefused):
        await world.deployer.apply(OFF)
    await world.recover()
    world.env_file.write_text(ENV_FILE)
    await world.changed_by_another()
    assert (await world.deployer.state()).healthy


async def test_a_service_that_never_gets_well_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    """Rule 5: running is not serving."""
    async with compose_world(tmp_path) as world, strange(reply(200, '{"status": "starting"}')) as server:
        settings = world.settings.model_copy(update={"timeout_seconds": 6.0})
        deployer = ComposeProject(settings, managed=MANAGED, health_url=server.url)
        assert not (await deployer.state()).healthy
        with world.machine.log.open("a") as log:
            log.write("waiting for the database\n")
        with pytest.raises(ChangeRefused, match="not healthy after 6 s") as refused:
            await deployer.apply(DesiredDeployment(release=RELEASE, environment=ORIGINAL))
    assert refused.value.last_words == "orchestrator-1  | waiting for the database"


@pytest.mark.parametrize("body", ["<html>", "[]", '{"status": "degraded"}', "", '{"release": "2.7.0"}'])
async def test_a_health_that_is_not_ok_is_not_healthy(world: ComposeWorld, body: str) -> None:
    """Rule 4: only "ok" is healthy."""
    async with strange(reply(200, body)) as server:
        deployer = ComposeProject(world.settings, managed=MANAGED, health_url=server.url)
        assert not (await deployer.state()).healthy


async def test_a_service_that_does_not_run_is_not_healthy_whoever_answers(world: ComposeWorld) -> None:
    """Rule 4: something else may have its port."""
    world.machine.stop()
    async with strange(reply(200, '{"status": "ok"}')) as server:
        deployer = ComposeProject(world.settings, managed=MANAGED, health_url=server.url)
        assert not (await deployer.state()).healthy


async def test_known_good_releases_come_from_the_file_first(world: ComposeWorld, tmp_path: Path) -> None:
    """M1: a pipeline may write them down."""
    good = tmp_path / "good"
    good.write_text("# newest first\n2.7.0\n\n2.6.5\n2.6.4\n")
    settings = world.settings.model_copy(update={"known_good_file": good})
    deployer = ComposeProject(settings, managed=MANAGED, health_url="http://127.0.0.1:1/")
    assert (await deployer.state()).known_good_releases == ("2.7.0", "2.6.5", "2.6.4")
    good.unlink()
    with pytest.raises(ConfigurationError, match="known good releases"):
        await deployer.state()


@pytest.mark.parametrize("content", ["", "ORCHESTRATOR_RELEASE=\n", "ORCHESTRATOR_RELEASE=${TAG}\n"])
async def test_an_env_file_without_a_release_is_told(world: ComposeWorld, content: str) -> None:
    """The profile or the file is wrong; trying again cannot help."""
    world.env_file.write_text(content)
    with pytest.raises(ConfigurationError, match="ORCHESTRATOR_RELEASE"):
        await world.deployer.state()


async def test_a_missing_env_file_is_told(world: ComposeWorld) -> None:
    """The message names it."""
    world.env_file.unlink()
    with pytest.raises(ConfigurationError, match=r"orchestrator\.env"):
        await world.deployer.state()
    with pytest.raises(ConfigurationError, match=r"orchestrator\.env"):
        await world.deployer.apply(OFF)


@pytest.mark.parametrize("release", ["2.7.0\nAPI_TOKEN=stolen", "it's", "${API_TOKEN}"])
async def test_a_hostile_release_changes_nothing(world: ComposeWorld, release: str) -> None:
    """Rule 8."""
    with pytest.raises(ChangeRefused, match="cannot be written"):
        await world.deployer.apply(DesiredDeployment(release=release, environment=ORIGINAL))
    assert (world.env_file.read_text(), await world.rollouts()) == (ENV_FILE, 0)


async def test_what_the_service_depends_on_is_left_alone(world: ComposeWorld) -> None:
    """M2: a database whose configuration has changed is not made again in an incident."""
    depends = "    depends_on: [database]\n  database:\n    image: postgres:17\n"
    world.file.write_text(COMPOSE_FILE + depends)
    await world.deployer.apply(OFF)
    assert world.machine.known()["environment"][PLANNER] == "false"
    assert not list(world.machine.root.glob("*-was-made-again"))


async def test_what_an_override_adds_survives_a_change(tmp_path: Path) -> None:
    """M2: compose takes the override by itself, so a change without it would take the service's settings away."""
    async with compose_world(tmp_path) as world:
        file = world.file.rename(world.file.with_name("docker-compose.yaml"))
        override = "services: {orchestrator: {environment: {LIMIT: '7'}}}\n"
        world.file.with_name("compose.override.yaml").write_text(override)
        settings = world.settings.model_copy(update={"file": file})
        url = f"http://{LOOPBACK}:{world.machine.port}/api/v1/health"
        await ComposeProject(settings, managed=MANAGED, health_url=url).apply(OFF)
        environment = world.machine.known()["environment"]
        assert (environment[PLANNER], environment["LIMIT"]) == ("false", "7")


@pytest.mark.parametrize("again", [1, 2])
async def test_a_change_that_the_compose_file_does_not_use_is_refused_before_it_is_written(
    world: ComposeWorld, again: int
) -> None:
    """M2: `up -d` would do nothing, and say that it did."""
    world.file.write_text(COMPOSE_FILE.replace("${PLANNING__ENABLED:-}", '"true"'))
    for _ in range(again):
        with pytest.raises(ChangeRefused, match=f"does not use {PLANNER}$"):
            await world.deployer.apply(OFF)
    found = await world.deployer.state()
    assert (world.env_file.read_text(), found.healthy, await world.rollouts()) == (ENV_FILE, True, 0)


async def test_an_env_file_that_the_service_reads_itself_can_be_changed(world: ComposeWorld) -> None:
    """M2: `env_file` is read from the real file only, so nothing is told of a draft, and nothing is refused."""
    lines = [line for line in COMPOSE_FILE.splitlines(keepends=True) if PLANNER not in line]
    world.file.write_text("".join(lines) + "    env_file: [orchestrator.env]\n")
    assert await world.deployer.check(OFF) is False
    await world.deployer.apply(OFF)
    assert world.machine.known()["environment"][PLANNER] == "false"


def test_a_change_that_comes_between_is_not_overwritten(tmp_path: Path) -> None:
    """Rule 6: somebody saves the file while compose is still asked about ours."""
    file = tmp_path / "env"
    file.write_bytes(b"A=1\n")
    with draft(file, before=b"A=1\n", content=b"A=2\n") as ours:
        file.write_bytes(b"A=theirs\n")
        with pytest.raises(ChangeRefused, match="somebody changed"):
            ours.take_its_place()
    assert file.read_bytes() == b"A=theirs\n"
    assert list(tmp_path.iterdir()) == [file]
