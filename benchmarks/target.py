"""A stand-in for the orchestrator, its Prometheus and its Alertmanager: healthy, at once or after a set time.

Under `/quick` every question is answered at once, under `/slow` after as many seconds as `PAUSES` says.
Run by `uvicorn benchmarks.target:create_app --factory`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

PAUSES = {"tasks": 1.0, "task_queue": 0.3, "tools": 1.5, "prometheus": 0.3, "alertmanager": 1.0}
_METRICS = "# TYPE orchestrator_tasks_total counter\norchestrator_tasks_total 1\n"
_SAMPLES = 6
_SAMPLE_SECONDS = 15

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app() -> Starlette:
    """The application. Nothing can be changed in it."""
    routes = [
        Route("/{pace}/api/v1/health", _says({"status": "ok", "release": "1.0.0"})),
        Route("/{pace}/metrics", _metrics),
        Route("/{pace}/api/v1/tasks", _says([], after="tasks")),
        Route("/{pace}/api/v1/diagnostics/task_queue", _says(_QUEUE, after="task_queue")),
        Route("/{pace}/api/v1/tools/diagnostics", _says(_TOOLS, after="tools")),
        Route("/{pace}/prometheus/api/v1/query", _query),
        Route("/{pace}/alertmanager/api/v2/alerts", _says([], after="alertmanager")),
    ]
    return Starlette(routes=routes)


_QUEUE = {"depth": 0, "backend": "asyncio", "running": 0, "oldest_queued_seconds": 0, "completed_total": 7}
_TOOLS = {"tools": [{"name": "search", "healthy": True, "p95_latency_seconds": 0.1}]}


async def _paused(request: Request, question: str) -> None:
    if request.path_params["pace"] == "slow":
        await asyncio.sleep(PAUSES[question])


def _says(answer: object, *, after: str | None = None) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if after is not None:
            await _paused(request, after)
        return JSONResponse(answer)

    return endpoint


async def _metrics(_: Request) -> Response:
    return PlainTextResponse(_METRICS)


async def _query(request: Request) -> Response:
    """A counter that stands still, as a range or as one value."""
    await _paused(request, "prometheus")
    now = float(request.query_params.get("time", time.time()))
    if request.query_params.get("query", "").endswith("]"):
        values = [[now - _SAMPLE_SECONDS * n, "0"] for n in reversed(range(_SAMPLES))]
        return _series("matrix", {"metric": {}, "values": values})
    return _series("vector", {"metric": {}, "value": [now, "1"]})


def _series(kind: str, found: dict[str, object]) -> Response:
    return JSONResponse({"status": "success", "data": {"resultType": kind, "result": [found]}})
