"""The task queue: first in, first out, with a bound."""

import asyncio
from collections import deque

from .errors import QueueFullError
from .records import TaskRecord

CAPACITY = 20_000


class TaskQueue:
    """Tasks that wait for a worker."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._waiting: deque[TaskRecord] = deque()
        self._available = asyncio.Semaphore(0)
        self._capacity = capacity
        self.enqueued_total = 0

    def put(self, record: TaskRecord) -> None:
        """Queue the task; raises `QueueFullError` when there is no room."""
        if len(self._waiting) >= self._capacity:
            raise QueueFullError(f"the task queue is full ({self._capacity} tasks)")
        self._waiting.append(record)
        self.enqueued_total += 1
        self._available.release()

    async def take(self) -> TaskRecord:
        """The oldest waiting task; waits for one."""
        await self._available.acquire()
        return self._waiting.popleft()

    def depth(self) -> int:
        """How many tasks wait."""
        return len(self._waiting)

    def oldest_seconds(self) -> float:
        """How long the oldest of them has been waiting; 0 when none does."""
        return self._waiting[0].queued_seconds() if self._waiting else 0.0
