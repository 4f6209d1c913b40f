"""Everything that makes up one running orchestrator, wired together from its settings."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .adapters import AdapterHealth
from .contract import REASONS, TOOL_NAMES
from .events import EventLog
from .faults import Faults, Obeyed, check_boot
from .guardrails import GUARDRAILS
from .knowledge import Knowledge
from .metrics import Metrics
from .permits import Permits
from .planner import Planning
from .queue import TaskQueue
from .records import TaskHistory, TaskRecord
from .reviews import Reviews
from .runner import TaskRunner
from .scheduler import WORKERS, Scheduler
from .settings import Settings
from .tools import Toolbox
from .upstream import UpstreamModel

OLDEST_TOLERATED_SECONDS = 5.0
OUTCOMES, OUTCOMES_SECONDS = 20, 30.0
FAILED_SHARE_TOLERATED = 0.5


class Service:
    """One orchestrator. It runs tasks inside of `running()`."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self.settings = settings
        self.faults = faults
        obeyed = Obeyed(settings, faults)
        self.metrics = Metrics(reasons=REASONS, tools=TOOL_NAMES, guardrails=GUARDRAILS)
        self.adapters = AdapterHealth(TOOL_NAMES)
        self.history = TaskHistory()
        self.reviews = Reviews()
        self.events = EventLog(settings.log_file)
        self.model = UpstreamModel(faults)
        self.planning = Planning(self.model, obeyed)
        self._queue = TaskQueue()
        toolbox = Toolbox(knowledge=Knowledge(faults), faults=faults, metrics=self.metrics, adapters=self.adapters)
        runner = TaskRunner(
            planning=self.planning, toolbox=toolbox, metrics=self.metrics, history=self.history, events=self.events
        )
        backend = settings.scheduling_backend
        permits = Permits(size=WORKERS[backend], faults=faults, obeyed=obeyed)
        self.scheduler = Scheduler(backend=backend, queue=self._queue, permits=permits, runner=runner)
        self.metrics.watch_queue(self._queue.depth, self._queue.oldest_seconds)
        self._booted = time.monotonic()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Workers run inside of this; raises `BootRefusedError` where the service cannot start."""
        check_boot(self.settings, self.faults)
        self.events.info("service_started", release=self.settings.build.version, config=self.settings.changeable)
        try:
            async with self.scheduler.working():
                yield
        finally:
            self.events.info("service_stopped")
            self.events.close()

    def submit(self, goal: str) -> TaskRecord:
        """Queue a task; raises `QueueFullError`."""
        record = TaskRecord(goal)
        self._queue.put(record)
        self.history.add(record)
        return record

    def uptime_seconds(self) -> float:
        """Seconds since boot."""
        return time.monotonic() - self._booted

    def problems(self) -> list[str]:
        """What the service itself notices to be wrong, in words; empty when all is well."""
        found = [f"tool {tool.name} is slow" for tool in self.adapters.report() if not tool.healthy]
        if self._queue.oldest_seconds() > OLDEST_TOLERATED_SECONDS:
            found.append("tasks wait too long in the queue")
        outcomes = [record.status for record in self.history.finished_lately(OUTCOMES, OUTCOMES_SECONDS)]
        if outcomes and outcomes.count("failed") >= FAILED_SHARE_TOLERATED * len(outcomes):
            found.append("most of the recent tasks failed")
        return found
