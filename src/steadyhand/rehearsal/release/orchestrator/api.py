"""The HTTP interface."""

import secrets
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from .adapters import ToolHealth
from .aggregation import Answer
from .errors import KeyReusedError, QueueFullError
from .records import Status, TaskRecord
from .reviews import Review, ReviewRequest
from .scheduler import QueueState
from .service import Service

router = APIRouter()


class Health(BaseModel):
    """`degraded` means: it answers, and `problems` says what it is not happy with."""

    status: Literal["ok", "degraded"]
    release: str
    commit: str
    config: dict[str, str]
    uptime_seconds: float
    problems: list[str]


class TaskRequest(BaseModel):
    """What a caller wants done."""

    goal: str = Field(min_length=1, max_length=2000)


class Accepted(BaseModel):
    """The task is queued."""

    task_id: str


class TaskMetrics(BaseModel):
    """Durations in seconds."""

    queued_seconds: float
    run_seconds: float
    tool_calls: int


class TaskView(BaseModel):
    """One task as its callers see it."""

    task_id: str
    goal: str
    status: Status
    last_error: str | None
    metrics: TaskMetrics
    submitted_at: datetime
    tools: tuple[str, ...]
    answer: Answer | None

    @classmethod
    def of(cls, record: TaskRecord) -> "TaskView":
        """The view of this record."""
        metrics = TaskMetrics(
            queued_seconds=round(record.queued_seconds(), 4),
            run_seconds=round(record.run_seconds(), 4),
            tool_calls=len(record.tools),
        )
        return cls(
            task_id=record.task_id,
            goal=record.goal,
            status=record.status,
            last_error=record.last_error,
            metrics=metrics,
            submitted_at=record.submitted_at,
            tools=record.tools,
            answer=record.answer,
        )


class TaskList(BaseModel):
    """Most recently submitted first."""

    tasks: list[TaskView]


class ToolReport(BaseModel):
    """Health of every adapter."""

    tools: list[ToolHealth]


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Current = Annotated[Service, Depends(_service)]


def _authorised(request: Request, service: Current) -> None:
    token = service.settings.service_token
    expected = b"" if token is None else f"Bearer {token.get_secret_value()}".encode()
    given = request.headers.get("authorization", "").encode()
    if token is None or not secrets.compare_digest(given, expected):
        raise HTTPException(401, "a service token is needed", headers={"WWW-Authenticate": "Bearer"})


@router.get("/api/v1/health")
async def health(service: Current) -> Health:
    """Answers as long as the process lives."""
    problems = service.problems()
    return Health(
        status="degraded" if problems else "ok",
        release=service.settings.build.version,
        commit=service.settings.build.commit,
        config=service.settings.changeable,
        uptime_seconds=round(service.uptime_seconds(), 3),
        problems=problems,
    )


@router.get("/metrics")
async def metrics(service: Current) -> Response:
    """Prometheus' text format."""
    return Response(service.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.post("/api/v1/tasks", status_code=202)
async def submit(request: TaskRequest, service: Current) -> Accepted:
    """Queue a task; 503 when the queue is full."""
    try:
        return Accepted(task_id=service.submit(request.goal).task_id)
    except QueueFullError as error:
        raise HTTPException(503, str(error), headers={"Retry-After": "5"}) from error


@router.get("/api/v1/tasks")
async def tasks(
    service: Current, status: Status | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 20
) -> TaskList:
    """Recent tasks, of one status where it is given."""
    return TaskList(tasks=[TaskView.of(record) for record in service.history.latest(status, limit)])


@router.get("/api/v1/tasks/{task_id}")
async def task(task_id: str, service: Current) -> TaskView:
    """One task; 404 when it is unknown, or finished so long ago that it was forgotten."""
    record = service.history.get(task_id)
    if record is None:
        raise HTTPException(404, f"no task {task_id!r} is known")
    return TaskView.of(record)


@router.get("/api/v1/diagnostics/task_queue")
async def task_queue(service: Current) -> QueueState:
    """The queue right now."""
    return service.scheduler.state()


@router.get("/api/v1/tools/diagnostics", dependencies=[Depends(_authorised)])
async def tool_diagnostics(service: Current) -> ToolReport:
    """Health of the adapters; needs the service token."""
    return ToolReport(tools=service.adapters.report())


@router.post("/api/v1/reviews/assign")
async def assign_review(request: ReviewRequest, service: Current) -> Review:
    """Assign a human review once; 409 when the idempotency key belongs to another request."""
    try:
        return service.reviews.assign(request)
    except KeyReusedError as error:
        raise HTTPException(409, str(error)) from error
