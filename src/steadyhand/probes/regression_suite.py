"""The end-to-end regression suite should pass on the current release (F3, M1, E1).

*Reproducibly* (M1): it fails N of N runs on the current release (`suites.reproduced_by_runs`, default 2) and passes on
the last known good one. Failing on both was red before this incident, or has a cause outside the release: no reason to
roll back.
"""

from steadyhand.clients.suites import SuiteResult
from steadyhand.domain.deployment import Deployment
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import PermanentError
from steadyhand.probes.probe import Case, Probe
from steadyhand.probes.suite_run import deployed, run_for, seconds_for, told
from steadyhand.profile import Profile

_QUESTION = "The end-to-end regression suite should pass on the current release"


async def _collect(case: Case) -> Answer:
    deployment, wanted = await deployed(case), case.profile.suites.reproduced_by_runs
    runs: list[SuiteResult] = []
    while len(runs) < wanted:
        runs.append(await run_for(case, case.profile.suites.regression, deployment.release, deployment))
        if runs[-1].green:
            break
    if len(runs) == 1 and runs[0].green:
        return Answer(verdict=Verdict.OK, summary=told(runs[0], deployment.release), facts={"runs": 1})
    first = told(runs[0], deployment.release)
    if runs[-1].green:
        summary = f"failed {len(runs) - 1} of {len(runs)} runs on {deployment.release}, so not reproducibly: {first}"
        return Answer(verdict=Verdict.UNKNOWN, summary=summary, facts={"runs": len(runs)})
    return await _compared(case, deployment, f"fails {wanted} of {wanted} runs: {first}", wanted)


async def _compared(case: Case, deployment: Deployment, summary: str, runs: int) -> Answer:
    """What the last known good release says of the same suite."""
    good = deployment.last_known_good
    if good is None:
        return Answer(verdict=Verdict.BAD, summary=f"{summary}; no other known good release to compare with")
    try:
        before = await run_for(case, case.profile.suites.regression, good, deployment)
    except PermanentError as error:
        return Answer(verdict=Verdict.BAD, summary=f"{summary}; could not compare with {good}: {error}")
    earlier = "" if before.green else ", so it was red before this incident or its cause is not the release"
    return Answer(
        verdict=Verdict.BAD,
        summary=f"{summary}; {told(before, good)}{earlier}",
        facts={"runs": runs + 1, "fails_only_on_current_release": before.green, "last_known_good": good},
    )


async def _collect_for_exit(case: Case) -> Answer:
    deployment = await deployed(case)
    result = await run_for(case, case.profile.suites.regression, deployment.release, deployment)
    verdict = Verdict.OK if result.green else Verdict.BAD
    return Answer(verdict=verdict, summary=told(result, deployment.release))


def _all_runs_seconds(profile: Profile) -> float:
    return seconds_for(profile.suites.regression, runs=profile.suites.reproduced_by_runs + 1)


PROBE = Probe(
    name="regression_suite",
    requirement="F3",
    branch=Branch.FIRST_FIVE_MINUTES,
    question=_QUESTION,
    collect=_collect,
    timeout_seconds=_all_runs_seconds,
)
EXIT_PROBE = Probe(
    name="regression_suite_green",
    requirement="E1",
    branch=Branch.EXIT,
    question=_QUESTION,
    collect=_collect_for_exit,
    timeout_seconds=lambda profile: seconds_for(profile.suites.regression),
)
