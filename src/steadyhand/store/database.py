"""Connections and transactions, with the database's troubles told in our own errors."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from steadyhand.errors import TransientError
from steadyhand.profile import Profile

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 30
_IT_WILL_PASS = ("08", "40", "53", "57P")
"""SQLSTATE classes: no connection, deadlock or a lost race, too many connections, shutting down or starting."""
_WRONG_CONTENT = "22"
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
        with _translated():
            async with self._engine.begin() as connection:
                yield connection

    async def connection(self) -> AsyncConnection:
        """A connection for the caller to keep and to close. Raises TransientError when there is none to have."""
        with _translated():
            return await self._engine.connect()

    async def close(self) -> None:
        """No connection is left open."""
        await self._engine.dispose()


def refuses_content(error: Exception) -> bool:
    """Whether the database refused a value itself, as it would for ever: too large, or nothing it can keep.

    SQLAlchemy's own DataError is never raised over asyncpg.
    """
    if not isinstance(error, DBAPIError):
        return False
    its_own = isinstance(getattr(error.orig, "__cause__", None), asyncpg.exceptions.DataError)
    return its_own or str(getattr(error.orig, "sqlstate", "")).startswith(_WRONG_CONTENT)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, InterfaceError, PoolTimeout, TimeoutError) as error:
        raise TransientError(f"the database does not answer: {error}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # Unwrapped, they come from connecting: full, starting, stopping, or refusing connections for a while.
        raise TransientError(f"the database lets nobody in: {error}") from error
    except DBAPIError as error:
        if error.connection_invalidated or str(getattr(error.orig, "sqlstate", "")).startswith(_IT_WILL_PASS):
            raise TransientError(f"the database went away: {error.orig}") from error
        raise


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
    # Only `up` does this, and every flow run imports this module.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
