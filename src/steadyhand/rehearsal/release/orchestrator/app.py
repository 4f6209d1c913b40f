"""The ASGI application of one service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from .api import router
from .faults import Faults
from .service import Service
from .settings import Settings


def create_app(settings: Settings, faults: Faults) -> FastAPI:
    """An application that runs tasks while its lifespan lasts; its service is `app.state.service`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = Service(settings, faults)
        app.state.service = service
        async with service.running():
            yield

    app = FastAPI(title="Orchestrator", version=settings.build.version, lifespan=lifespan)
    app.include_router(router)
    return app
