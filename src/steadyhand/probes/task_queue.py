"""The task queue should be short, or moving (D2).

Two looks tell a backlog from starvation: a starved queue is over its limit and completes nothing in between. Where the
endpoint is not enabled the log is asked how many tasks failed.
"""

import asyncio

from steadyhand.clients.orchestrator import OrchestratorClient, TaskQueue
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import UnexpectedAnswer
from steadyhand.probes.logged_failures import judged as judged_by_log
from steadyhand.probes.logged_failures import logged_instead
from steadyhand.probes.probe import Case, Probe
from steadyhand.profile import Orchestrator

BETWEEN_LOOKS_SECONDS = 2.0


async def _collect(case: Case) -> Answer:
    try:
        first, second = await _two_looks(case)
    except UnexpectedAnswer as refused:
        return judged_by_log(await logged_instead(case, refused), case.profile.logs)
    return judged(first, second, case.profile.orchestrator)


async def _two_looks(case: Case) -> tuple[TaskQueue, TaskQueue]:
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        first = await orchestrator.task_queue()
        await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
        return first, await orchestrator.task_queue()


def judged(first: TaskQueue, second: TaskQueue, limits: Orchestrator) -> Answer:
    """What two looks at the queue, a few seconds apart, mean."""
    completed = None
    if first.completed_total is not None and second.completed_total is not None:
        completed = second.completed_total - first.completed_total
    oldest = second.oldest_queued_seconds or 0.0
    facts = {"backend": second.backend, "depth": second.depth, "oldest_seconds": oldest, "completed_between": completed}
    long = second.depth > limits.queue_depth_limit or oldest > limits.queue_oldest_limit_seconds
    summary = f"{second.depth} tasks wait, the oldest for {oldest:.0f} s"
    if not long:
        return Answer(verdict=Verdict.OK, summary=summary, facts=dict(facts))
    if completed is None:
        starved, moving = second.depth > first.depth, f"{first.depth} before; completions are not reported"
    else:
        starved, moving = completed <= 0, f"{completed} completed in {BETWEEN_LOOKS_SECONDS:g} s"
    return Answer(verdict=Verdict.BAD, summary=f"{summary}; {moving}", facts=dict(facts) | {"starved": starved})


PROBE = Probe(
    name="task_queue", requirement="D2", branch=Branch.TASKS, question=__doc__, collect=_collect, timeout_seconds=45
)
