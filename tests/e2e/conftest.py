"""The fixtures of the end-to-end tests."""

from collections.abc import AsyncIterator

import pytest

from steadyhand.stack.stage import stage
from steadyhand.store.database import open_database
from tests.e2e.rehearsed import World


@pytest.fixture(scope="session")
async def running_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One stage for all tests: it takes half a minute to start."""
    root = tmp_path_factory.mktemp("e2e") / "stage"
    async with stage(root, report=print) as running, open_database(running.profile) as database:
        yield World(running, database)


@pytest.fixture
async def world(running_stage: World) -> World:
    """The stage, calmed down."""
    await running_stage.calm_down()
    return running_stage
