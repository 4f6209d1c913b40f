"""Tasks: what is known about each, and the history of the recent ones."""

import time
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from .aggregation import Answer

HISTORY = 2000

Status = Literal["queued", "running", "succeeded", "failed"]


@dataclass
class TaskRecord:
    """One task. Durations are measured on the monotonic clock and given in seconds."""

    goal: str
    task_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: Status = "queued"
    last_error: str | None = None
    tools: tuple[str, ...] = ()
    answer: Answer | None = None
    submitted_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    queued: float = field(default_factory=time.monotonic)
    started: float | None = None
    finished: float | None = None

    def start(self) -> None:
        """The task left the queue."""
        self.status, self.started = "running", time.monotonic()

    def succeed(self, answer: Answer) -> None:
        """The task has an answer."""
        self.status, self.answer, self.finished = "succeeded", answer, time.monotonic()

    def fail(self, error: Exception) -> None:
        """The task ended without an answer; `last_error` reads `Class: message`."""
        self.status, self.last_error = "failed", f"{type(error).__name__}: {error}"
        self.finished = time.monotonic()

    def queued_seconds(self) -> float:
        """How long it waited, or has been waiting."""
        return (self.started if self.started is not None else time.monotonic()) - self.queued

    def run_seconds(self) -> float:
        """How long it ran, or has been running; 0 before the start."""
        if self.started is None:
            return 0.0
        return (self.finished if self.finished is not None else time.monotonic()) - self.started


class TaskHistory:
    """Every open task and the last `HISTORY` finished ones."""

    def __init__(self, finished: int = HISTORY) -> None:
        self._tasks: dict[str, TaskRecord] = {}
        self._finished: deque[TaskRecord] = deque()
        self._limit = finished

    def add(self, record: TaskRecord) -> None:
        """Remember a task."""
        self._tasks[record.task_id] = record

    def close(self, record: TaskRecord) -> None:
        """Count a task among the finished ones; the oldest of these may be forgotten."""
        self._finished.append(record)
        while len(self._finished) > self._limit:
            del self._tasks[self._finished.popleft().task_id]

    def get(self, task_id: str) -> TaskRecord | None:
        """The task, or None when it is unknown or forgotten."""
        return self._tasks.get(task_id)

    def latest(self, status: Status | None, limit: int) -> list[TaskRecord]:
        """The most recently submitted tasks (with this status) first, at most `limit`."""
        chosen: list[TaskRecord] = []
        for record in reversed(self._tasks.values()):
            if len(chosen) == limit:
                break
            if status in (None, record.status):
                chosen.append(record)
        return chosen

    def finished_lately(self, count: int, seconds: float) -> Iterator[TaskRecord]:
        """At most `count` tasks that finished in the last `seconds`, the latest first."""
        since = time.monotonic() - seconds
        for record in list(self._finished)[: -count - 1 : -1]:
            if record.finished is not None and record.finished >= since:
                yield record
