"""Tool latency should be back to baseline (E3)."""

from steadyhand.domain.evidence import Answer, Branch
from steadyhand.probes import baseline
from steadyhand.probes.probe import Case, Probe


async def _collect(case: Case) -> Answer:
    return await baseline.collect(case, case.profile.prometheus.tool_latency, "95th percentile of tool latency, s,")


PROBE = Probe(
    name="tool_latency", requirement="E3", branch=Branch.EXIT, question=__doc__, collect=_collect, timeout_seconds=30
)
