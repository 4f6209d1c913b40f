"""The incident's recent tasks should not carry errors (D1)."""

from collections import Counter

from steadyhand.clients.orchestrator import OrchestratorClient, Task
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import UnexpectedAnswer
from steadyhand.probes.probe import Case, Probe

_TASKS_ASKED = 10
_ERROR_SHOWN = 160
_TASK_LABEL = "task_id"


async def _collect(case: Case) -> Answer:
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        named = [a.labels[_TASK_LABEL] for a in case.alerts if _TASK_LABEL in a.labels][:_TASKS_ASKED]
        listed = [] if named else [t.task_id for t in await orchestrator.recent_failures()][:_TASKS_ASKED]
        tasks: list[Task] = []
        refused: list[str] = []
        for task_id in named or listed:
            try:
                tasks.append(await orchestrator.task(task_id))
            except UnexpectedAnswer as error:
                refused.append(str(error))
    if refused and not tasks:
        raise UnexpectedAnswer(refused[0])
    return _judged(tasks)


def _judged(tasks: list[Task]) -> Answer:
    errors = Counter((t.last_error or "no error given")[:_ERROR_SHOWN] for t in tasks if t.status == "failed")
    if not errors:
        return Answer(
            verdict=Verdict.OK, summary=f"none of {len(tasks)} recent tasks failed", facts={"asked": len(tasks)}
        )
    worst, count = errors.most_common(1)[0]
    examples = [{"task_id": t.task_id, "last_error": t.last_error, "metrics": dict(t.metrics)} for t in tasks[:3]]
    return Answer(
        verdict=Verdict.BAD,
        summary=f"{errors.total()} of {len(tasks)} recent tasks failed; most often ({count}): {worst}",
        facts={"asked": len(tasks), "errors": dict(errors), "examples": list(examples)},
    )


PROBE = Probe(
    name="recent_tasks", requirement="D1", branch=Branch.TASKS, question=__doc__, collect=_collect, timeout_seconds=60
)
