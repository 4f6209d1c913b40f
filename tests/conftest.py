"""Real parts for all tests: one embedded Postgres for the session, a fresh database for each test that asks."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from steadyhand.profile import Profile
from steadyhand.stack.postgres import STORE_DATABASE, EmbeddedPostgres, prepare
from steadyhand.stack.service import Group
from steadyhand.store.database import Database, migrate


@pytest.fixture(autouse=True)
def only_our_own_profile(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the developer's own profile or state."""
    monkeypatch.delenv("STEADYHAND_PROFILE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    """A running server whose store database has the newest schema: the template of every test's own."""
    with tempfile.TemporaryDirectory() as directory:
        server = prepare(Path(directory))
        async with Group(restart=False, report=print) as group:
            await group.start(server.service())
            await server.create_databases()
            await asyncio.to_thread(migrate, server.url(STORE_DATABASE))
            yield server
        server.remove()


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The address of a database of this test's own."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(host=str(postgres.sockets), user="postgres", database="postgres")
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{STORE_DATABASE}"')
    yield postgres.url(name)
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The store, empty."""
    store = Database(database_url)
    yield store
    await store.close()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """The default profile with its state under the test's directory."""
    return Profile(state_dir=tmp_path / "state")
