"""One task, from its goal to its answer."""

import asyncio

from .aggregation import Answer, aggregate
from .errors import GuardrailTripped, PlannerContractError
from .events import EventLog
from .guardrails import check_output
from .metrics import Metrics
from .planner import Planning
from .records import TaskHistory, TaskRecord
from .tools import Toolbox


class TaskRunner:
    """Runs tasks and accounts for how they end."""

    def __init__(
        self, *, planning: Planning, toolbox: Toolbox, metrics: Metrics, history: TaskHistory, events: EventLog
    ) -> None:
        self._planning = planning
        self._toolbox = toolbox
        self._metrics = metrics
        self._history = history
        self._events = events

    async def run(self, record: TaskRecord) -> None:
        """The task is finished, one way or the other; never raises for what happens inside of it."""
        record.start()
        try:
            record.succeed(await self._answer(record))
        except Exception as error:  # noqa: BLE001 - the edge between a task and the service: no task may end a worker
            record.fail(error)
            self._account_for(error)
            self._events.error(
                "task_execution_failed", task_id=record.task_id, error=record.last_error, tools=list(record.tools)
            )
        self._metrics.tasks.labels(status=record.status).inc()
        self._history.close(record)

    async def _answer(self, record: TaskRecord) -> Answer:
        plan = await self._planning.plan(record.goal)
        record.tools = tuple(step.tool for step in plan.steps)
        outputs = await asyncio.gather(*(self._toolbox.call(step) for step in plan.steps))
        for output in outputs:
            check_output(output)
        return aggregate(outputs)

    def _account_for(self, error: Exception) -> None:
        match error:
            case PlannerContractError(reason=reason):
                self._metrics.contract_failures.labels(reason=reason).inc()
            case GuardrailTripped(guardrail=guardrail):
                self._metrics.guardrail_trips.labels(guardrail=guardrail).inc()
            case _:
                return
