"""A suite of the orchestrator, run on one release with the runbook's two variables as they are deployed."""

from steadyhand.clients.deployers import deployer_of
from steadyhand.clients.suites import SuiteResult, checkout_of, run_suite
from steadyhand.domain.deployment import Deployment
from steadyhand.domain.safety import unsafe_because
from steadyhand.errors import ConfigurationError
from steadyhand.probes.probe import Case
from steadyhand.profile import Suite

_COPY_SECONDS = 15.0
_STATE_SECONDS = 15.0


async def deployed(case: Case) -> Deployment:
    """What is deployed in the incident's environment."""
    return await deployer_of(case.profile, case.incident.environment).state()


async def run_for(case: Case, suite: Suite, release: str, deployment: Deployment) -> SuiteResult:
    """The suite's result on this release, if that is safe (F3); ConfigurationError says why it is not."""
    names = (case.profile.orchestrator.planner_variable, case.profile.orchestrator.scheduler_variable)
    variables = {name: deployment.environment[name] for name in names if name in deployment.environment}
    addresses = [environment.url for environment in case.profile.environments.values()]
    if danger := unsafe_because({**case.profile.suites.environment, **variables}, addresses):
        raise ConfigurationError(f"not run, it would not be safe: {danger}")
    checkout = checkout_of(case.environment.checkout, release)
    return await run_suite(case.profile.suites, suite, checkout, variables)


def seconds_for(suite: Suite, runs: int = 1) -> float:
    """How long so many runs may take, copying the checkout and reading the deployment included."""
    return runs * (suite.timeout_seconds + _COPY_SECONDS) + _STATE_SECONDS


def told(result: SuiteResult, release: str) -> str:
    """One line about a result."""
    if result.green:
        return f"{result.tests} tests pass on {release}"
    return f"{result.failures} of {result.tests} tests fail on {release}: {'; '.join(result.first_failures)}"
