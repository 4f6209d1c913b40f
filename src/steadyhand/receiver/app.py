"""The receiver as an ASGI application: the webhook, health, readiness, metrics."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from steadyhand.errors import ConfigurationError, TransientError
from steadyhand.profile import Profile
from steadyhand.receiver.metrics import exposition
from steadyhand.receiver.webhook import Webhook
from steadyhand.store.counts import count
from steadyhand.store.database import Database, store_url

_POOL = 8


def receiver_token(profile: Profile) -> str:
    """The token Alertmanager must send. Raises ConfigurationError when none is set: it then does not start."""
    if profile.receiver.token is None:
        raise ConfigurationError(
            "the receiver has no token and does not start without one. Make one with "
            "`python3 -c 'import secrets; print(secrets.token_urlsafe(32))' > receiver.token` "
            'and set [receiver] token = { file = "receiver.token" }'
        )
    return profile.receiver.token.resolve().get_secret_value()


def create_app(profile: Profile) -> Starlette:
    """The application on this profile's store. Raises ConfigurationError without a token."""
    database = Database(store_url(profile), pool_size=_POOL)
    webhook = Webhook(profile, database, receiver_token(profile))

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        try:
            async with database.transaction() as connection:
                await count(connection)
        except TransientError as error:
            return JSONResponse({"status": "not ready", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def metrics(_: Request) -> Response:
        try:
            async with database.transaction() as connection:
                counts = await count(connection)
        except TransientError as error:
            return JSONResponse({"error": str(error)}, status_code=503)
        return Response(exposition(counts), media_type="text/plain; version=0.0.4")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    routes = [
        Route("/v1/alertmanager", webhook.__call__, methods=["POST"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
