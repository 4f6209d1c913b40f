"""The fixtures of the end-to-end tests."""

from collections.abc import AsyncIterator

import pytest

from steadyhand.stack.stage import stage
from steadyhand.store.database import open_database
from tests.e2e.rehearsed import World

_RESULTS = pytest.StashKey[list[tuple[str, str, float]]]()


@pytest.fixture(scope="session")
async def running_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One stage for all tests: it takes half a minute to start."""
    root = tmp_path_factory.mktemp("e2e") / "stage"
    async with stage(root, report=print) as running, open_database(running.profile) as database:
        yield World(running, database)


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> list[tuple[str, str, float]]:
    """What each rehearsal came to: name, end, seconds; printed when the session is over."""
    found: list[tuple[str, str, float]] = []
    pytestconfig.stash[_RESULTS] = found
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table of the rehearsals that ended as they must."""
    found = config.stash.get(_RESULTS, [])
    if found:
        terminalreporter.section("rehearsals")
    for name, end, seconds in found:
        terminalreporter.write_line(f"{name:30} {seconds:5.0f} s   {end}")


@pytest.fixture
async def world(running_stage: World) -> World:
    """The stage, calmed down."""
    await running_stage.calm_down()
    return running_stage
