"""The least that may be acknowledged: an ASGI endpoint that commits the raw body, and nothing else.

Served by uvicorn with the receiver's own settings; asyncpg, a pool of 16, `synchronous_commit` on.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SOCKETS_VARIABLE = "BENCHMARK_POSTGRES_SOCKETS"
DATABASE = "bare"
TABLE = "CREATE TABLE bodies (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea NOT NULL)"
_INSERT = "INSERT INTO bodies (body) VALUES ($1)"
_POOL = 16


def create_app() -> Starlette:
    """The application on the server whose sockets the environment names."""
    settings = {"synchronous_commit": "on"}
    pool = asyncpg.create_pool(
        host=os.environ[SOCKETS_VARIABLE],
        user="postgres",
        database=DATABASE,
        min_size=_POOL,
        max_size=_POOL,
        server_settings=settings,
    )

    async def take(request: Request) -> Response:
        body = await request.body()
        async with pool.acquire() as connection:
            await connection.execute(_INSERT, body)
        return JSONResponse({"status": "committed"})

    async def ready(_: Request) -> Response:
        return JSONResponse({"status": "ready"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with pool:
            yield

    return Starlette(
        routes=[Route("/v1/alertmanager", take, methods=["POST"]), Route("/readyz", ready)], lifespan=lifespan
    )
