"""The incident's recent tasks should not carry errors (D1)."""

from collections import Counter
from itertools import islice
from math import isfinite

from pydantic import JsonValue
from pydantic_core import to_json

from steadyhand.clients.orchestrator import OrchestratorClient, Task
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import UnexpectedAnswer
from steadyhand.probes.logged_failures import logged_instead, silence
from steadyhand.probes.probe import Case, Probe

_TASKS_ASKED = 10
_ERROR_SHOWN = 160
_ERROR_KEPT = 2000
_NAME_KEPT = 128
_METRICS_KEPT = 20
_EXAMPLES = 3
_TASK_LABEL = "task_id"
_FAILED = frozenset({"failed", "failure", "error"})
_SUCCEEDED = "succeeded"
_NO_STATUS = "unknown"


async def _collect(case: Case) -> Answer:
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        ids, source = await _ids(case, orchestrator)
        tasks: list[Task] = []
        refused: list[str] = []
        for task_id in ids:
            try:
                tasks.append(await orchestrator.task(task_id))
            except UnexpectedAnswer as error:
                refused.append(str(error))
    if refused and not tasks:
        raise UnexpectedAnswer(f"{refused[0]}{source}")
    answer = judged(tasks)
    unasked = f"; {len(refused)} more could not be asked" if refused else ""
    return answer.model_copy(update={"summary": f"{answer.summary}{unasked}{source}"})


async def _ids(case: Case, orchestrator: OrchestratorClient) -> tuple[list[str], str]:
    """The tasks to ask about: those the alerts name, else those listed, else those logged; and words for the last."""
    named = [a.labels[_TASK_LABEL] for a in case.alerts if _TASK_LABEL in a.labels]
    if named:
        return list(dict.fromkeys(named))[:_TASKS_ASKED], ""
    try:
        return [t.task_id for t in await orchestrator.recent_failures()][:_TASKS_ASKED], ""
    except UnexpectedAnswer as refused:
        return await _logged_ids(case, refused), " (ids from the log)"


async def _logged_ids(case: Case, refused: UnexpectedAnswer) -> list[str]:
    """The newest failures' tasks; none only where the log shows that none failed. Raises UnexpectedAnswer otherwise."""
    found = await logged_instead(case, refused)
    ids = list(dict.fromkeys(f.task_id for f in found.failures if f.task_id))[:_TASKS_ASKED]
    if ids:
        return ids
    if found.failures_total:
        reason = f"{found.failures_total} failures in it name no task under {case.profile.logs.task_key!r}"
    elif found.truncated:
        reason = "not all of it could be read"
    elif found.silent:
        reason = silence(found, case.profile.logs)
    else:
        return []
    raise UnexpectedAnswer(f"{refused}; and the log instead: {reason}")


def judged(tasks: list[Task]) -> Answer:
    """What these tasks say of themselves. One without a status and without an error says nothing."""
    failed = [t for t in tasks if _carries_error(t)]
    if not failed:
        mute = sum(t.status == _NO_STATUS for t in tasks)
        words = f"none of {len(tasks)} recent tasks failed" if tasks else "no failed task is listed"
        told = f"; {mute} of them do not tell their status" if mute else ""
        verdict = Verdict.UNKNOWN if mute else Verdict.OK
        return Answer(verdict=verdict, summary=f"{words}{told}", facts={"asked": len(tasks)})
    errors = Counter((t.last_error or "no error given")[:_ERROR_SHOWN] for t in failed)
    worst, count = errors.most_common(1)[0]
    examples = [_example(t) for t in failed[:_EXAMPLES]]
    return Answer(
        verdict=Verdict.BAD,
        summary=f"{errors.total()} of {len(tasks)} recent tasks failed; most often ({count}): {worst}",
        facts={"asked": len(tasks), "errors": dict(errors), "examples": list(examples)},
    )


def _example(task: Task) -> dict[str, JsonValue]:
    """A task as people read it: what a stranger put into it is cut."""
    error = task.last_error[:_ERROR_KEPT] if task.last_error else task.last_error
    metrics = {name[:_NAME_KEPT]: _small(value) for name, value in islice(task.metrics.items(), _METRICS_KEPT)}
    return {"task_id": task.task_id[:_NAME_KEPT], "last_error": error, "metrics": metrics}


def _small(value: JsonValue) -> JsonValue:
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    text = value if isinstance(value, str) else to_json(value, inf_nan_mode="constants").decode()
    return text if len(text) <= _ERROR_SHOWN else f"{text[: _ERROR_SHOWN - 4]} ..."


def _carries_error(task: Task) -> bool:
    status = task.status.lower()
    return status in _FAILED or (bool(task.last_error) and status != _SUCCEEDED)


PROBE = Probe(
    name="recent_tasks", requirement="D1", branch=Branch.TASKS, question=__doc__, collect=_collect, timeout_seconds=60
)
