"""What the store holds, as JSON, for those behind the doors of admin and approvals."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from steadyhand.store import approvals
from steadyhand.store.counts import count
from steadyhand.store.database import Database

_SHOWN = frozenset({"id", "incident_id", "gate", "environment", "digest", "requested_at", "expires_at"})


class Listing:
    """The endpoints, on this store. They raise TransientError when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def inbox(self, _: Request) -> Response:
        """`GET /v1/inbox`: the store's counts."""
        async with self._database.transaction() as connection:
            counts = await count(connection)
        return JSONResponse(counts.model_dump(mode="json") | {"unaccounted": counts.unaccounted})

    async def open_questions(self, _: Request) -> Response:
        """`GET /v1/approvals`: the questions that wait for a person (P2), oldest first."""
        async with self._database.transaction() as connection:
            pending = await approvals.pending(connection)
        return JSONResponse([question.model_dump(mode="json", include=set(_SHOWN)) for question in pending])
