"""The receiver as an ASGI application: the webhook and what else it answers, each behind its door.

A new endpoint is one line: `Route("/v1/...", doors.door(Role.ADMIN, endpoint))`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from steadyhand.intake.admission import Admission, committing
from steadyhand.intake.again import house_of
from steadyhand.profile import Profile
from steadyhand.receiver.answers import ANSWERS
from steadyhand.receiver.doors import Doors
from steadyhand.receiver.health import Health
from steadyhand.receiver.keys import Role
from steadyhand.receiver.listing import Listing
from steadyhand.receiver.webhook import Webhook
from steadyhand.store.database import Database, store_url

_POOL = 8
_READERS = 2


def create_app(profile: Profile) -> Starlette:
    """The application on this profile's store. Raises ConfigurationError without a token, and with unfit ones."""
    doors = Doors(profile)
    database = Database(store_url(profile), pool_size=_POOL)
    read_only = Database(store_url(profile), pool_size=_READERS)
    limits = profile.intake
    admission = Admission(
        database, house_of(profile), max_waiting=limits.max_waiting, max_waiting_bytes=limits.max_waiting_bytes
    )
    health, listing = Health(read_only), Listing(read_only)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with committing(admission):
            yield
        await database.close()
        await read_only.close()

    routes = [
        Route("/v1/alertmanager", doors.door(Role.INGEST, Webhook(profile, admission)), methods=["POST"]),
        Route("/v1/inbox", doors.door(Role.ADMIN, listing.inbox)),
        Route("/v1/approvals", doors.door(Role.APPROVALS, listing.open_questions)),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", health.metrics),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=ANSWERS)
    app.router.redirect_slashes = False  # a redirected POST arrives without its body, and counts as delivered
    return app
