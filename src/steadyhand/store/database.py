"""Connections and transactions, with the database's troubles told in our own errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from steadyhand.errors import TransientError
from steadyhand.profile import Profile

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 30
EMBEDDED_URL_FILE = "store.url"


def store_url(profile: Profile) -> str:
    """The address of our database: the profile's, else the embedded server's as `steadyhand up` left it.

    Raises TransientError when neither is there: the embedded server has not been started yet.
    """
    if profile.database_url is not None:
        return profile.database_url.resolve().get_secret_value()
    left_here = profile.state_dir / EMBEDDED_URL_FILE
    try:
        return left_here.read_text().strip()
    except OSError as error:
        raise TransientError(
            f"no database: the profile names no database_url and {left_here} is not there; is `steadyhand up` running?"
        ) from error


class Database:
    """One engine. Every transaction commits on leaving its block, and rolls back on an exception."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_CONNECT_SECONDS,
            pool_pre_ping=True,
            connect_args={"timeout": _CONNECT_SECONDS, "command_timeout": _STATEMENT_SECONDS},
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction. Raises TransientError when the database is away or overloaded."""
        try:
            async with self._engine.begin() as connection:
                yield connection
        except (OSError, InterfaceError, PoolTimeout, TimeoutError) as error:
            raise TransientError(f"the database does not answer: {error}") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise TransientError(f"the database went away: {error.orig}") from error
            raise

    async def close(self) -> None:
        """No connection is left open."""
        await self._engine.dispose()


@asynccontextmanager
async def open_database(profile: Profile, *, pool_size: int = 2) -> AsyncIterator[Database]:
    """The store of this profile, closed on leaving the block."""
    database = Database(store_url(profile), pool_size=pool_size)
    try:
        yield database
    finally:
        await database.close()


def migrate(url: str) -> None:
    """The schema at `url` is the newest. Safe to call again; not from within a running event loop."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
