"""An ASGI app on a real socket, served in this process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from steadyhand.stack.ports import LOOPBACK


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Its address; it listens from the start, so that the first question waits and is not refused."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
