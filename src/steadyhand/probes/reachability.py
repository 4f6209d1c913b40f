"""The orchestrator should answer on its health and metrics endpoints, and call itself ok (F4)."""

from steadyhand.clients.exchange import RateLimited, ServerTrouble
from steadyhand.clients.orchestrator import OrchestratorClient
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import PermanentError, TransientError
from steadyhand.probes.probe import Case, Probe


async def health(case: Case) -> Answer:
    """What its health alone says. Facts: `reachable`, and where it answers `healthy`; `status` where it is in words."""
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        try:
            found = await orchestrator.health()
        except RateLimited:
            raise  # it answers: how it is, nobody knows
        except ServerTrouble as error:
            facts = {"reachable": True, "healthy": False}
            return Answer(verdict=Verdict.BAD, summary=f"reachable, but in trouble: {error}", facts=dict(facts))
        except TransientError as error:
            return Answer(verdict=Verdict.BAD, summary=f"not reachable: {error}", facts={"reachable": False})
    well = found.is_one_of(case.profile.orchestrator.healthy)
    return Answer(
        verdict=Verdict.OK if well else Verdict.BAD,
        summary=f"reachable, health says {found.status!r}",
        facts={"reachable": True, "healthy": well, "release": found.release, "status": found.status},
    )


async def _collect(case: Case) -> Answer:
    answer = await health(case)
    if "status" not in answer.facts:
        return answer
    try:
        async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
            families = await orchestrator.metric_families()
    except TransientError as error:
        verdict = Verdict.UNKNOWN if answer.verdict is Verdict.OK else answer.verdict
        return _but(answer, verdict, f"its metrics cannot be read now: {error}")
    except PermanentError as error:
        # Neither is as documented: who knows what it is that answers here.
        return _but(answer, Verdict.UNKNOWN, f"its metrics are none: {error}")
    return answer.model_copy(update={"facts": {**answer.facts, "metric_families": families}})


def _but(answer: Answer, verdict: Verdict, told: str) -> Answer:
    facts = {**answer.facts, "metric_families": None}
    return Answer(verdict=verdict, summary=f"{answer.summary}; {told}", facts=facts)


PROBE = Probe(
    name="reachability",
    requirement="F4",
    branch=Branch.FIRST_FIVE_MINUTES,
    question=__doc__,
    collect=_collect,
    timeout_seconds=20,
)
