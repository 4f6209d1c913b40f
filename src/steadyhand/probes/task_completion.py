"""Task completion should be back to baseline (E3)."""

from steadyhand.domain.evidence import Answer, Branch
from steadyhand.probes import baseline
from steadyhand.probes.probe import Case, Probe


async def _collect(case: Case) -> Answer:
    return await baseline.collect(case, case.profile.prometheus.task_completion, "share of failed tasks")


PROBE = Probe(
    name="task_completion", requirement="E3", branch=Branch.EXIT, question=__doc__, collect=_collect, timeout_seconds=30
)
