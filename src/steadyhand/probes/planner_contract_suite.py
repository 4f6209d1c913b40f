"""The planner's contract fuzz suite should pass (D3, E2)."""

from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import UnexpectedAnswer
from steadyhand.probes.probe import Case, Probe
from steadyhand.probes.suite_run import deployed, run_for, seconds_for, told


async def _collect(case: Case) -> Answer:
    deployment = await deployed(case)
    result = await run_for(case, case.profile.suites.planner_contract, deployment.release, deployment)
    if result.uncollected:
        raise UnexpectedAnswer(f"the suite cannot even be collected: {told(result, deployment.release)}")
    verdict = Verdict.OK if result.green else Verdict.BAD
    return Answer(verdict=verdict, summary=told(result, deployment.release), facts={"tests": result.tests})


PROBE = Probe(
    name="planner_contract_suite",
    requirement="D3",
    branch=Branch.PLANNER,
    question=__doc__,
    collect=_collect,
    timeout_seconds=lambda profile: seconds_for(profile.suites.planner_contract),
)
EXIT_PROBE = Probe(
    name="planner_contract_suite_green",
    requirement="E2",
    branch=Branch.EXIT,
    question=__doc__,
    collect=_collect,
    timeout_seconds=lambda profile: seconds_for(profile.suites.planner_contract),
)
