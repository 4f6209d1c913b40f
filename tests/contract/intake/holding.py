"""The database held still by a lock, so that a test decides when what waits goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

_SECONDS = 20.0
_POLL_SECONDS = 0.005


async def until(holds: Callable[[], bool], what: str) -> None:
    """The condition holds; AssertionError when it does not in time."""
    try:
        async with asyncio.timeout(_SECONDS):
            while not holds():  # noqa: ASYNC110 - what is waited for is not ours to signal
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise AssertionError(f"not in {_SECONDS:g} s: {what}") from None


@asynccontextmanager
async def database_held(administrator: asyncpg.Connection) -> AsyncIterator[None]:
    """Whoever wants to keep a notification waits until the block ends; reading goes on."""
    async with administrator.transaction():
        await administrator.execute("LOCK TABLE notifications IN SHARE MODE")
        yield


async def somebody_waits(administrator: asyncpg.Connection) -> None:
    """A commit is under way, and waits for the lock."""
    asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'notifications'::regclass"
    async with asyncio.timeout(_SECONDS):
        while await administrator.fetchval(asked) == 0:  # noqa: ASYNC110 - another session's doing
            await asyncio.sleep(_POLL_SECONDS)
