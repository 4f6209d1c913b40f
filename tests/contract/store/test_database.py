"""What the database's troubles are called."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import make_url, text

from steadyhand.errors import TransientError
from steadyhand.store.database import Database


@pytest.fixture
async def crowded(database: Database, database_url: str) -> AsyncIterator[Database]:
    """The store, as somebody sees it for whom it has no connection left."""
    async with database.transaction() as connection:
        await connection.execute(text("CREATE ROLE one_too_many LOGIN CONNECTION LIMIT 0"))
    store = Database(make_url(database_url).set(username="one_too_many").render_as_string(hide_password=False))
    yield store
    await store.close()
    async with database.transaction() as connection:
        await connection.execute(text("DROP ROLE one_too_many"))


async def test_no_connection_left_may_pass_by_itself(crowded: Database) -> None:
    """Rule 2: it is waited out, as is a server that starts or stops; nobody ends for it."""
    with pytest.raises(TransientError, match=r"the database .*: .*too many connections"):
        async with crowded.transaction():
            pass
