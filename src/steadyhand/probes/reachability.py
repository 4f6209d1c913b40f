"""The orchestrator should answer on its health and metrics endpoints, and call itself ok (F4)."""

from steadyhand.clients.exchange import RateLimited, ServerTrouble
from steadyhand.clients.orchestrator import Health, OrchestratorClient
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import PermanentError, TransientError
from steadyhand.probes.probe import Case, Probe


async def _collect(case: Case) -> Answer:
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        try:
            health = await orchestrator.health()
        except RateLimited:
            raise  # it answers: how it is, nobody knows
        except ServerTrouble as error:
            facts = {"reachable": True, "healthy": False}
            return Answer(verdict=Verdict.BAD, summary=f"reachable, but in trouble: {error}", facts=dict(facts))
        except TransientError as error:
            return Answer(verdict=Verdict.BAD, summary=f"not reachable: {error}", facts={"reachable": False})
        well = health.is_one_of(case.profile.orchestrator.healthy)
        try:
            families = await orchestrator.metric_families()
        except TransientError as error:
            return _judged(health, well, Verdict.UNKNOWN, f"; its metrics cannot be read now: {error}")
        except PermanentError as error:
            # Neither is as documented: who knows what it is that answers here.
            told = f"; its metrics are none: {error}"
            return _judged(health, well, Verdict.UNKNOWN, told, otherwise=Verdict.UNKNOWN)
    return _judged(health, well, Verdict.OK, "", families=families)


def _judged(
    health: Health,
    well: bool,  # noqa: FBT001 - what health says, in one word
    when_well: Verdict,
    told: str,
    *,
    otherwise: Verdict = Verdict.BAD,
    families: int | None = None,
) -> Answer:
    facts = {"reachable": True, "healthy": well, "release": health.release, "metric_families": families}
    return Answer(
        verdict=when_well if well else otherwise,
        summary=f"reachable, health says {health.status!r}{told}",
        facts={**facts, "status": health.status},
    )


PROBE = Probe(
    name="reachability",
    requirement="F4",
    branch=Branch.FIRST_FIVE_MINUTES,
    question=__doc__,
    collect=_collect,
    timeout_seconds=20,
)
