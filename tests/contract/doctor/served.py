"""Servers for the doctor to look at: a recording proxy, and an orchestrator that shares no name with the runbook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from steadyhand.stack.ports import LOOPBACK, free_port


@dataclass
class Served:
    """A running server, and every method and path it was asked for."""

    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def methods(self) -> set[str]:
        return {method for method, _ in self.asked}


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[Served]:
    """The app on a free port, until the block is left."""
    served = Served(f"http://{LOOPBACK}:{(port := free_port())}")

    @app.middleware("http")
    async def record(request: Request, go_on: Any) -> Any:
        served.asked.append((request.method, request.url.path))
        return await go_on(request)

    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_level="critical", ws="none"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells by this flag alone
        await asyncio.sleep(0.01)
    try:
        yield served
    finally:
        server.should_exit = True
        await running


def proxy_of(url: str) -> FastAPI:
    """Passes every request on to this address."""
    app = FastAPI(openapi_url=None)

    @app.api_route("/{path:path}", methods=["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
    async def pass_on(request: Request, path: str) -> Response:
        async with httpx.AsyncClient(timeout=5) as http:
            passed = {name: value for name, value in request.headers.items() if name in {"authorization", "accept"}}
            answer = await http.request(
                request.method,
                f"{url}/{path}?{request.url.query}",
                headers=passed,
                content=await request.body(),
            )
        kept = {name: value for name, value in answer.headers.items() if name in {"content-type", "allow"}}
        return Response(answer.content, answer.status_code, kept)

    return app


def foreign() -> FastAPI:
    """A task orchestrator for which nothing of the runbook is true, though much is like it."""
    registry = CollectorRegistry()
    Counter("planner_contract_failures", "x", registry=registry).inc()
    Counter("orchestrator_jobs", "x", ["status"], registry=registry).labels("failed").inc()
    Histogram("tools_latency_secs", "x", registry=registry).observe(1)
    app = FastAPI()

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"state": "fine"}

    @app.get("/v2/tasks")
    async def tasks() -> list[str]:
        return []

    @app.get("/v2/tasks/{id}")
    async def task(id: str) -> dict[str, str]:  # noqa: A002 - another name than the runbook's
        return {"id": id}

    @app.get("/v2/queue")
    async def queue() -> dict[str, int]:
        return {"length": 3}

    @app.get("/v2/tools/diagnosis")
    async def tools() -> dict[str, str]:
        return {}

    @app.post("/v2/review/assign")
    async def review() -> None:
        raise AssertionError("nothing may be posted")

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type="text/plain")

    return app
