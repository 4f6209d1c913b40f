"""The bell in a real Postgres: a hint that comes at once, and whose loss harms nobody."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.store.bell import Bell
from steadyhand.store.database import Database
from steadyhand.store.ringing import ring

LONG = 20.0
AT_ONCE = 2.0


@pytest.fixture
async def bell(database: Database) -> AsyncIterator[Bell]:
    """A bell that listens; the first wait is over at once, for what was rung before it did."""
    async with Bell(database) as listening:
        await listening.wait(LONG)
        yield listening


async def seconds(bell: Bell, limit: float = LONG) -> float:
    """How long the bell keeps one waiting."""
    began = time.monotonic()
    await bell.wait(limit)
    return time.monotonic() - began


async def hang_up(database: Database) -> int:
    """Every connection that listens is ended by the server, as in a restart. Returns how many there were."""
    async with database.transaction() as connection:
        ended = await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'LISTEN%' AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        return len(ended.all())


async def test_a_ring_wakes_whoever_waits_when_its_transaction_commits(database: Database, bell: Bell) -> None:
    """Point 7 (b): the way from the commit to the dispatcher takes no turn of a poll."""
    waiting = asyncio.create_task(seconds(bell))
    async with database.transaction() as connection:
        await ring(connection)
        await connection.execute(text("SELECT 1"))
        assert not waiting.done()
    assert await waiting < AT_ONCE


async def test_a_ring_between_two_waits_is_not_lost(database: Database, bell: Bell) -> None:
    """Rung while the dispatcher works its turn: the next wait is none."""
    async with database.transaction() as connection:
        await ring(connection)
    assert await seconds(bell) < AT_ONCE


async def test_what_is_rolled_back_rings_nothing(database: Database, bell: Bell) -> None:
    """Rule 2: nobody is woken for what is not there."""

    async def ring_and_fail() -> None:
        async with database.transaction() as connection:
            await ring(connection)
            await connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError):
        await ring_and_fail()
    assert await seconds(bell, 0.5) >= 0.5


async def test_all_who_listen_are_woken(database: Database, bell: Bell) -> None:
    """Several dispatchers may run."""
    async with Bell(database) as another:
        await another.wait(LONG)
        async with database.transaction() as connection:
            await ring(connection)
        assert await seconds(bell) < AT_ONCE
        assert await seconds(another) < AT_ONCE


async def test_without_a_ring_the_wait_ends_by_itself(bell: Bell) -> None:
    """The fallback: whoever waits looks again, whatever became of the notification."""
    assert 0.3 <= await seconds(bell, 0.3) < AT_ONCE


async def test_a_lost_connection_is_made_again_and_the_next_ring_is_heard(database: Database) -> None:
    """Postgres was restarted: nothing stops, and who waits is soon told at once again."""
    async with Bell(database, seconds_between_tries=0) as bell:
        await bell.wait(LONG)
        assert await hang_up(database) == 1
        await bell.wait(0.3)
        await bell.wait(0.3)
        async with database.transaction() as connection:
            await ring(connection)
        assert await seconds(bell) < AT_ONCE


async def test_without_a_database_the_bell_is_deaf_and_harmless() -> None:
    """It only waits: what does not answer is for those to tell who ask it for something."""
    nowhere = Database(f"postgresql+asyncpg://nobody@{LOOPBACK}:{free_port()}/nothing")
    async with Bell(nowhere) as bell:
        await bell.wait(LONG)
        assert 0.2 <= await seconds(bell, 0.2) < AT_ONCE
    await nowhere.close()


async def test_a_closed_bell_leaves_no_connection_that_listens(database: Database) -> None:
    """Its connection is nobody else's afterwards: whoever got it would be told what it never asked for."""
    async with Bell(database):
        pass
    assert await hang_up(database) == 0
