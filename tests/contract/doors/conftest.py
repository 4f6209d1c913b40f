"""One receiver for every test of the doors that changes nothing of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from steadyhand.stack.postgres import STORE_DATABASE, EmbeddedPostgres

from .house import House, house

MAX_BODY = 200_000


@pytest.fixture(scope="session")
async def receiver(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """With deadlines of about a second, basic auth, and a database of its own."""
    name = f"doors_{uuid4().hex}"
    connection = await asyncpg.connect(host=str(postgres.sockets), user="postgres", database="postgres")
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{STORE_DATABASE}"')
    directory: Path = tmp_path_factory.mktemp("doors")
    async with house(
        directory,
        postgres.url(name),
        settings='basic_user = "alertmanager"',
        intake=f"max_body_bytes = {MAX_BODY}",
        head_seconds=1,
        body_seconds=1.5,
        idle_seconds=1,
        linger_seconds=1,
    ) as found:
        yield found
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()
