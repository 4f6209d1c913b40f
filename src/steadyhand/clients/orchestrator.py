"""The orchestrator's HTTP API (F4, D1, D2, D6): read only."""

import re
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Annotated, Self, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, FailFast, Field, JsonValue, RootModel, TypeAdapter

from steadyhand.clients.exchange import NotAdmitted
from steadyhand.clients.http import get_json, get_text
from steadyhand.clients.service_token import headers_for
from steadyhand.clients.tool_adapter import TOOL_ADAPTERS, ToolAdapter
from steadyhand.clients.trust import trusted
from steadyhand.domain.record import utc_now
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import Orchestrator

T = TypeVar("T")
_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Health(_Wire):
    """`/api/v1/health`; only `status` is the runbook's."""

    status: str
    release: str = ""
    commit: str = ""

    def is_one_of(self, words: Collection[str]) -> bool:
        """Whether `status` is one of these words, in any case."""
        return self.status.strip().casefold() in {word.casefold() for word in words}


class Task(_Wire):
    """`/api/v1/tasks/{task_id}` (D1)."""

    task_id: str
    status: str = "unknown"
    last_error: str | None = None
    metrics: dict[str, JsonValue] = Field(default_factory=dict)


class TaskQueue(_Wire):
    """`/api/v1/diagnostics/task_queue` (D2). Counts, and seconds."""

    depth: int = Field(ge=0)
    backend: str = ""
    running: int | None = None
    oldest_queued_seconds: float | None = None
    completed_total: int | None = None


class _BareTasks(RootModel[Annotated[tuple[Task, ...], FailFast()]]):
    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.root


class _Tasks(_Wire):
    tasks: Annotated[tuple[Task, ...], FailFast()]


_HEALTH = TypeAdapter(Health)
_TASK = TypeAdapter(Task)
_TASKS: TypeAdapter[_BareTasks | _Tasks] = TypeAdapter(_BareTasks | _Tasks)
_QUEUE = TypeAdapter(TaskQueue)


class OrchestratorClient:
    """A connection to one environment's orchestrator."""

    def __init__(self, url: str, settings: Orchestrator, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._url = url.rstrip("/")
        self._http = httpx.AsyncClient(
            verify=trusted(),
            transport=transport,
            timeout=settings.timeout_seconds,
            headers={"Accept": "application/json"},
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def health(self) -> Health:
        """F4."""
        return await self._get(self._settings.routes.health, _HEALTH)

    async def metric_families(self) -> int:
        """How many metric families `/metrics` shows (F4). Raises UnexpectedAnswer when it shows none: HTML, say."""
        route = self._settings.routes.metrics
        text = await get_text(
            self._http,
            self._url + route,
            seconds=self._settings.timeout_seconds,
            max_bytes=self._settings.max_answer_bytes,
        )
        families = sum(line.startswith("# TYPE ") for line in text.splitlines())
        if not families:
            raise UnexpectedAnswer(f"GET {self._url}{route} answered, but not in Prometheus' text format")
        return families

    async def task(self, task_id: str) -> Task:
        """D1. Raises UnexpectedAnswer for what is no id: ids come from alert labels, which are hostile (rule 8)."""
        if not _TASK_ID.fullmatch(task_id):
            raise UnexpectedAnswer(f"{task_id[:40]!r} is no task id; it is not asked for")
        return await self._get(self._settings.routes.task.replace("{task_id}", task_id), _TASK)

    async def recent_failures(self) -> tuple[Task, ...]:
        """The latest failed tasks, newest first, where the orchestrator can list them."""
        return (await self._get(self._settings.routes.recent_failures, _TASKS)).tasks

    async def task_queue(self) -> TaskQueue:
        """D2."""
        return await self._get(self._settings.routes.task_queue, _QUEUE)

    async def tool_diagnostics(self) -> tuple[ToolAdapter, ...]:
        """D6: every tool's adapter, asked with the service token."""
        token = self._settings.service_token
        try:
            return await self._get(
                self._settings.routes.tool_diagnostics, TOOL_ADAPTERS, headers=headers_for(token, utc_now())
            )
        except NotAdmitted as error:
            lacking = "no service token is configured" if token is None else "the service token is not accepted"
            raise UnexpectedAnswer(f"{lacking}: set orchestrator.service_token ({error})") from error

    async def _get(self, route: str, shape: TypeAdapter[T], headers: Mapping[str, str] | None = None) -> T:
        return await get_json(
            self._http,
            self._url + route,
            shape,
            seconds=self._settings.timeout_seconds,
            max_bytes=self._settings.max_answer_bytes,
            headers=headers,
        )
