"""Every tool adapter should be healthy (D6)."""

from collections.abc import Sequence

from steadyhand.clients.orchestrator import OrchestratorClient
from steadyhand.clients.tool_adapter import ToolAdapter
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.probes.probe import Case, Probe

_SHOWN = 10
_NAME_SHOWN = 80


async def _collect(case: Case) -> Answer:
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        return judged(await orchestrator.tool_diagnostics())


def judged(adapters: Sequence[ToolAdapter]) -> Answer:
    """Bad when one is not healthy; ok only when each says that it is, and there is one to say so."""
    unhealthy = [adapter.name[:_NAME_SHOWN] for adapter in adapters if adapter.healthy is False]
    unclear = [adapter.name[:_NAME_SHOWN] for adapter in adapters if adapter.healthy is None]
    count = len(adapters)
    facts = {"adapters": count, "unhealthy": list(unhealthy[:_SHOWN]), "unclear": list(unclear[:_SHOWN])}
    if unhealthy:
        verdict, summary = Verdict.BAD, f"{len(unhealthy)} of {count} tool adapters are not healthy: {_some(unhealthy)}"
    elif unclear:
        said = f"{len(unclear)} of {count} tool adapters do not say whether they are healthy: {_some(unclear)}"
        verdict, summary = Verdict.UNKNOWN, said
    elif not adapters:
        verdict, summary = Verdict.UNKNOWN, "the orchestrator lists no tool adapter"
    else:
        verdict, summary = Verdict.OK, f"all {count} tool adapters are healthy"
    return Answer(verdict=verdict, summary=summary, facts=dict(facts))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


PROBE = Probe(
    name="tool_adapters", requirement="D6", branch=Branch.TOOLS, question=__doc__, collect=_collect, timeout_seconds=20
)
