"""A connection that listens for Postgres' notifications."""

from collections.abc import Callable
from typing import Any, Self

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.errors import TransientError
from steadyhand.store.database import Database


class Listener:
    """Made by `on`. It holds one connection until it is closed."""

    def __init__(self, connection: AsyncConnection, driver: Any) -> None:
        self._connection = connection
        self._driver = driver

    @classmethod
    async def on(cls, database: Database, channel: str, heard: Callable[[], None]) -> Self:
        """`heard` is called for each notification on the channel. Raises TransientError when the database is away."""
        connection = await database.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        listener = cls(connection, driver)
        try:
            await driver.add_listener(channel, lambda *_: heard())
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            await listener.close()
            raise TransientError(f"cannot listen on {channel}: {error}") from error
        return listener

    @property
    def lost(self) -> bool:
        """Whether the connection is gone: nothing will be heard any more."""
        return bool(self._driver.is_closed())

    async def close(self) -> None:
        """The connection is closed, and not used by anybody else: it listens."""
        await self._connection.invalidate()
        await self._connection.close()
