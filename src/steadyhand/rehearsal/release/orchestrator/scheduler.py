"""Who runs the queued tasks: several workers side by side (`asyncio`), or one after the other (`sequential`)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from .permits import Permits
from .queue import TaskQueue
from .runner import TaskRunner
from .settings import Backend

WORKERS: dict[Backend, int] = {"asyncio": 4, "sequential": 1}


@dataclass(frozen=True)
class QueueState:
    """The queue at one moment; `oldest_queued_seconds` is 0 when nothing waits."""

    backend: Backend
    depth: int
    running: int
    oldest_queued_seconds: float
    workers: int
    enqueued_total: int
    completed_total: int


class Scheduler:
    """The workers of one backend."""

    def __init__(self, *, backend: Backend, queue: TaskQueue, permits: Permits, runner: TaskRunner) -> None:
        self._backend = backend
        self._queue = queue
        self._permits = permits
        self._runner = runner
        self._running = 0
        self._completed = 0

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Tasks are run inside of this context; on its end the workers stop where they are."""
        workers = [asyncio.create_task(self._work()) for _ in range(WORKERS[self._backend])]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def state(self) -> QueueState:
        """What the diagnostics show."""
        return QueueState(
            backend=self._backend,
            depth=self._queue.depth(),
            running=self._running,
            oldest_queued_seconds=round(self._queue.oldest_seconds(), 3),
            workers=WORKERS[self._backend],
            enqueued_total=self._queue.enqueued_total,
            completed_total=self._completed,
        )

    async def _work(self) -> None:
        while True:
            held = await self._permits.acquire()
            record = await self._queue.take()
            self._running += 1
            try:
                await self._runner.run(record)
                self._completed += 1
            finally:
                self._running -= 1
                if held:
                    self._permits.give_back()
