"""A receiver whose database is slow, gone, or restarting asks to come again, and is well afterwards (rule 2)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from steadyhand.profile import Intake
from steadyhand.stack.postgres import EmbeddedPostgres
from steadyhand.store.database import Database, store_url
from tests.contract.intake.bodies import notice, told
from tests.contract.intake.holding import database_held, somebody_waits
from tests.contract.intake.receiving import Intaking, profile_for, serving

MOST = 4


@pytest.fixture
async def narrow(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Intaking]:
    """A receiver in which few can wait."""
    profile = profile_for(tmp_path, database_url, Intake(max_waiting=MOST))
    async with serving(profile) as client:
        yield Intaking(client, database, profile)


@asynccontextmanager
async def shut(postgres: EmbeddedPostgres, intake: Intaking) -> AsyncIterator[None]:
    """The database takes no connections, and those there were are gone, as when the server starts anew."""
    await intake.database.close()
    name = make_url(store_url(intake.profile)).database
    server = await asyncpg.connect(host=str(postgres.sockets), user="postgres", database="postgres")
    try:
        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await server.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name)
        yield
    finally:
        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await server.close()


async def test_past_the_bound_the_answer_is_503_and_nothing_of_it_is_kept(
    narrow: Intaking, administrator: asyncpg.Connection
) -> None:
    """Never 429: Alertmanager does not retry that. What got a 503 comes again, and is then taken."""
    bodies = [notice(told(f"A{n}")) for n in range(MOST + 4)]
    async with database_held(administrator):
        first = asyncio.create_task(narrow.post(bodies[0]))
        await somebody_waits(administrator)
        posts = [asyncio.create_task(narrow.post(body)) for body in bodies[1:]]
        answered = asyncio.as_completed(posts)
        refused = [await next(answered) for _ in posts[MOST:]]
    taken = [await first, *[await answer for answer in answered]]
    assert {answer.status_code for answer in refused} == {503}
    assert all("send it again" in answer.json()["error"] for answer in refused)
    assert {answer.status_code for answer in taken} == {200}
    assert len(await narrow.bodies()) == MOST + 1
    await narrow.meant(*bodies)
    assert len(await narrow.firing()) == len(bodies)
    assert (await narrow.counts()).processed_alerts == len(bodies) + MOST + 1


async def test_a_database_that_goes_away_and_comes_back_is_used_again(
    intake: Intaking, postgres: EmbeddedPostgres
) -> None:
    await intake.meant(notice(told("Before")))
    async with shut(postgres, intake):
        answers = await asyncio.gather(*(intake.post(notice(told(f"While {n}"))) for n in range(3)))
        assert {answer.status_code for answer in answers} == {503}
        assert (await intake.client.get("/readyz")).status_code == 503
        assert (await intake.client.get("/healthz")).status_code == 200
    async with asyncio.timeout(30):
        await intake.meant(notice(told("After")))
    assert await intake.firing() == ["After", "Before"]
    assert len(await intake.bodies()) == 2
    await intake.counts()


async def test_a_database_that_dies_under_a_commit_is_a_503_and_used_again(
    intake: Intaking, administrator: asyncpg.Connection
) -> None:
    """The session of the commit is killed in the middle: nothing of it is kept, and the next one is."""
    async with database_held(administrator):
        post = asyncio.create_task(intake.post(notice(told("Cut off"))))
        await somebody_waits(administrator)
        waits = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'notifications'::regclass"
        await administrator.fetch(f"SELECT pg_terminate_backend(pid, 5000) FROM ({waits}) AS w")  # noqa: S608
        assert (await post).status_code == 503
    assert await intake.bodies() == []
    await intake.meant(notice(told("After")))
    assert await intake.firing() == ["After"]


async def test_requests_that_are_given_up_harm_nobody(intake: Intaking, administrator: asyncpg.Connection) -> None:
    async with database_held(administrator):
        posts = [asyncio.create_task(intake.post(notice(told(f"A{n}")))) for n in range(6)]
        await somebody_waits(administrator)
        for post in posts[::2]:
            post.cancel()
        await asyncio.wait(posts[::2])
    answers: list[httpx.Response] = await asyncio.gather(*posts[1::2])
    assert {answer.status_code for answer in answers} == {200}
    assert set(await intake.firing()) >= {"A1", "A3", "A5"}
    await intake.meant(notice(told("After")))
    await intake.counts()
