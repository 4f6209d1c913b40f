"""Roll back to the last known good deployment (M1)."""

from datetime import datetime

from steadyhand.clients.orchestrator import OrchestratorClient
from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.outcome import Verification
from steadyhand.domain.plan import MitigationName
from steadyhand.mitigations.mitigation import REDEPLOYED, Mitigation
from steadyhand.probes.probe import Case
from steadyhand.probes.suite_run import deployed, run_for, told
from steadyhand.profile import Profile


def _desired(deployment: Deployment, _: Profile) -> DesiredDeployment | None:
    good = deployment.last_known_good
    return None if good is None else DesiredDeployment(release=good, environment=deployment.environment)


async def _measure(case: Case, _: datetime) -> Verification:
    """The service runs the release that is deployed, where it names one, and that release's suite is green."""
    deployment = await deployed(case)
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        serving = (await orchestrator.health()).release
    if serving not in {"", deployment.release}:
        return Verification(
            verdict=Verdict.BAD, summary=f"{deployment.release} is deployed, but the service says it is {serving}"
        )
    result = await run_for(case, case.profile.suites.regression, deployment.release, deployment)
    verdict = Verdict.OK if result.green else Verdict.BAD
    return Verification(verdict=verdict, summary=f"the regression suite: {told(result, deployment.release)}")


MITIGATION = Mitigation(
    name=MitigationName.ROLL_BACK,
    requirement="M1",
    blast_radius=f"{REDEPLOYED}; what the newer release brought is gone until it is undone",
    expected_effect="the regression suite is green on the deployed release",
    measured_by="the release the service names, and the regression suite in a scratch copy of the deployed release",
    undo="deploy the release that was current before",
    desired=_desired,
    measure=_measure,
)
