"""What is deployed should be readable, or nothing can be changed and undone (M1, M2, M3)."""

from pydantic import TypeAdapter

from steadyhand.domain.deployment import Deployment
from steadyhand.domain.evidence import Answer, Branch, Evidence, Verdict
from steadyhand.probes.probe import Case, Probe
from steadyhand.probes.suite_run import deployed

_DEPLOYMENT = TypeAdapter(Deployment)


async def _collect(case: Case) -> Answer:
    deployment = await deployed(case)
    names = (case.profile.orchestrator.planner_variable, case.profile.orchestrator.scheduler_variable)
    shown = ", ".join(f"{name}={deployment.environment.get(name, '(unset)')}" for name in names)
    good = deployment.last_known_good or "none"
    return Answer(
        verdict=Verdict.OK,
        summary=f"release {deployment.release}, {shown}; last known good before it: {good}",
        facts={"deployment": deployment.model_dump(mode="json")},
    )


def read_from(evidence: Evidence) -> Deployment | None:
    """The deployment as this evidence saw it, or None when it could not be read."""
    fact = evidence.fact(PROBE.name, "deployment")
    return None if fact is None else _DEPLOYMENT.validate_python(fact)


PROBE = Probe(
    name="deployment",
    requirement="M1",
    branch=Branch.REGRESSION,
    question=__doc__,
    collect=_collect,
    timeout_seconds=60,
)
