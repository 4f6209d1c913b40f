"""A receiver for each test that asks for one."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from steadyhand.profile import Intake
from steadyhand.store.database import Database
from tests.contract.intake.receiving import Intaking, profile_for, serving

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
async def intake(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Intaking]:
    """A receiver, and the store behind it."""
    profile = profile_for(tmp_path, database_url)
    async with serving(profile) as client:
        yield Intaking(client, database, profile)


@pytest.fixture
async def roomy(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Intaking]:
    """A receiver that takes bodies of a megabyte."""
    profile = profile_for(tmp_path, database_url, Intake(max_body_bytes=1024 * 1024))
    async with serving(profile) as client:
        yield Intaking(client, database, profile)


@pytest.fixture
async def cut_off(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A receiver whose database's address has nobody behind it."""
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        url = f"postgresql+asyncpg://postgres@127.0.0.1:{dead.getsockname()[1]}/gone"
        async with serving(profile_for(tmp_path, url)) as client:
            yield client


@pytest.fixture
async def administrator(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of its own in the test's database."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    yield connection
    await connection.close()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Lines that are shown at the end of the run."""
    return request.config.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was measured."""
    if lines := config.stash.get(FIGURES, []):
        terminalreporter.section("figures of the storms")
        for line in lines:
            terminalreporter.line(line)
