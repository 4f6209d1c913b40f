"""How the receiver itself is: alive, ready, and its numbers.

These need no token: they tell no secret, and what watches a service at night must not depend on one. They read through
connections of their own, so that asking often keeps no notification from the database.
"""

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from steadyhand.errors import TransientError
from steadyhand.receiver.metrics import exposition
from steadyhand.store.counts import count
from steadyhand.store.database import Database
from steadyhand.store.reconciliations import latest
from steadyhand.store.tables import notifications


class Health:
    """The endpoints, on this store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def healthz(self, _: Request) -> Response:
        """`GET /healthz`: 200 while the process answers at all."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, _: Request) -> Response:
        """`GET /readyz`: 200 when the store answers and has our tables, else 503."""
        try:
            async with self._database.transaction() as connection:
                await connection.execute(select(notifications.c.id).limit(1))
        except TransientError as error:
            return JSONResponse({"status": "not ready", "reason": str(error)}, status_code=503)
        except SQLAlchemyError as error:
            reason = f"the store does not hold our tables as they should be: {type(error).__name__}"
            return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def metrics(self, _: Request) -> Response:
        """`GET /metrics`: for Prometheus; 503 without the store."""
        async with self._database.transaction() as connection:
            counts, looks = await count(connection), await latest(connection)
        return Response(exposition(counts, looks), media_type="text/plain; version=0.0.4")
