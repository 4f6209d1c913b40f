"""The orchestrator should answer on its health and metrics endpoints, and call itself ok (F4)."""

from steadyhand.clients.exchange import RateLimited
from steadyhand.clients.orchestrator import OrchestratorClient
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import TransientError
from steadyhand.probes.probe import Case, Probe


async def _collect(case: Case) -> Answer:
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        try:
            health = await orchestrator.health()
            families = await orchestrator.metric_families()
        except RateLimited:
            raise  # it answers: how it is, nobody knows
        except TransientError as error:
            return Answer(verdict=Verdict.BAD, summary=f"not reachable: {error}", facts={"reachable": False})
    facts = {"reachable": True, "status": health.status, "release": health.release, "metric_families": families}
    verdict = Verdict.OK if health.status == "ok" else Verdict.BAD
    return Answer(verdict=verdict, summary=f"reachable, health says {health.status!r}", facts=dict(facts))


PROBE = Probe(
    name="reachability",
    requirement="F4",
    branch=Branch.FIRST_FIVE_MINUTES,
    question=__doc__,
    collect=_collect,
    timeout_seconds=20,
)
