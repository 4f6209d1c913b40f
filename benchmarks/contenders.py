"""The two sides of the intake benchmark, each a process of its own on one Postgres: the receiver, a bare endpoint."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks import bare
from steadyhand.profile import Profile, load_profile
from steadyhand.stack import parts
from steadyhand.stack.home import project_home
from steadyhand.stack.parts import Layout, answers
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.postgres import PREFECT_DATABASE, STORE_DATABASE, EmbeddedPostgres, prepare
from steadyhand.stack.service import Group, Service
from steadyhand.stack.up import TOKEN_FILE, Report, with_token
from steadyhand.store.counts import Counts, count
from steadyhand.store.database import Database, migrate

_AS_THE_RECEIVER = (
    "--loop=uvloop",
    "--http=httptools",
    "--ws=none",
    "--no-access-log",
    "--no-proxy-headers",
    "--no-server-header",
)
_DIGESTS = "SELECT encode(sha256(body), 'hex') AS digest, count(*) AS number FROM {table} GROUP BY 1"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One side: where it listens, and the table that what it acknowledged must be in."""

    name: str
    port: int
    token: str
    database: str
    table: str


@dataclass(frozen=True, kw_only=True)
class Contenders:
    """Both sides, and the server they share."""

    receiver: Contender
    bare: Contender
    postgres: EmbeddedPostgres
    pids: Mapping[str, int]

    async def stored(self, contender: Contender) -> Counter[str]:
        """How often each body is in the database, by its SHA-256."""
        connection = await _connected(self.postgres, contender.database)
        try:
            rows = await connection.fetch(_DIGESTS.format(table=contender.table))
        finally:
            await connection.close()
        return Counter({row["digest"]: row["number"] for row in rows})

    async def counts(self) -> Counts:
        """What the receiver's store says of itself."""
        database = Database(self.postgres.url(self.receiver.database))
        try:
            async with database.transaction() as connection:
                return await count(connection)
        finally:
            await database.close()


@asynccontextmanager
async def contenders(directory: Path, report: Report) -> AsyncIterator[Contenders]:
    """Both answer; afterwards no process and no database is left. `directory` is made."""
    directory.mkdir(parents=True)
    postgres = await asyncio.to_thread(prepare, directory / "state")
    try:
        async with Group(restart=False, report=report) as group:
            report("starting Postgres, the receiver and the bare endpoint")
            await group.start(postgres.service())
            await postgres.create_databases()
            await asyncio.to_thread(migrate, postgres.url(STORE_DATABASE))
            token, ours = await _start_receiver(group, directory, postgres)
            theirs = await _start_bare(group, directory, postgres)
            yield Contenders(
                receiver=Contender(
                    name="receiver", port=ours, token=token, database=STORE_DATABASE, table="notifications"
                ),
                bare=Contender(name="bare", port=theirs, token=token, database=bare.DATABASE, table="bodies"),
                postgres=postgres,
                pids=group.pids(),
            )
    finally:
        postgres.remove()


async def _start_receiver(group: Group, directory: Path, postgres: EmbeddedPostgres) -> tuple[str, int]:
    port, state = free_port(), directory / "state"
    (state / "database.url").write_text(postgres.url(STORE_DATABASE))
    profile_path = directory / "steadyhand.toml"
    profile_path.write_text(
        f'state_dir = "{state}"\ndatabase_url = {{ file = "{state / "database.url"}" }}\n[receiver]\nport = {port}\n'
    )
    profile = with_token(load_profile(profile_path))
    await group.start(parts.receiver(_layout(profile, profile_path, postgres)))
    return (state / TOKEN_FILE).read_text().strip(), port


def _layout(profile: Profile, profile_path: Path, postgres: EmbeddedPostgres) -> Layout:
    return Layout(
        home=project_home(),
        profile=profile,
        profile_path=profile_path,
        prefect_database=postgres.url(PREFECT_DATABASE),
    )


async def _start_bare(group: Group, directory: Path, postgres: EmbeddedPostgres) -> int:
    connection = await _connected(postgres, "postgres")
    await connection.execute(f'CREATE DATABASE "{bare.DATABASE}"')
    await connection.close()
    connection = await _connected(postgres, bare.DATABASE)
    await connection.execute(bare.TABLE)
    await connection.close()
    port = free_port()
    address = ["--factory", "--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]
    service = Service(
        name="bare",
        command=[sys.executable, "-m", "uvicorn", "benchmarks.bare:create_app", *address, *_AS_THE_RECEIVER],
        log=directory / "bare.log",
        ready=answers(f"http://{LOOPBACK}:{port}/readyz"),
        environment={bare.SOCKETS_VARIABLE: str(postgres.sockets), "PATH": os.environ.get("PATH", "")},
        directory=project_home(),
    )
    await group.start(service)
    return port


async def _connected(postgres: EmbeddedPostgres, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(host=str(postgres.sockets), user="postgres", database=database)
