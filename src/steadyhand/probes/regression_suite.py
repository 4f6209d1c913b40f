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
    summary, collected = f"fails {wanted} of {wanted} runs: {first}", not runs[-1].uncollected
    return await _compared(case, deployment, summary, wanted, collected=collected)


async def _compared(case: Case, deployment: Deployment, summary: str, runs: int, *, collected: bool) -> Answer:
    """What the last known good release says of the same suite.

    A suite that cannot be collected is red only where that release's can: else this machine may lack what it imports.
    """
    good = deployment.last_known_good
    if good is None and not collected:
        return Answer(
            verdict=Verdict.UNKNOWN, summary=f"{summary}; it cannot be collected, which says nothing by itself"
        )
    if good is None:
        return Answer(verdict=Verdict.BAD, summary=f"{summary}; no other known good release to compare with")
    try:
        before = await run_for(case, case.profile.suites.regression, good, deployment)
    except PermanentError as error:
        verdict = Verdict.BAD if collected else Verdict.UNKNOWN
        return Answer(verdict=verdict, summary=f"{summary}; could not compare with {good}: {error}")
    if not collected and before.uncollected:
        return Answer(verdict=Verdict.UNKNOWN, summary=f"{summary}; nor can it be collected on {good}")
    earlier = "" if before.green else ", so it was red before this incident or its cause is not the release"
    return Answer(
        verdict=Verdict.BAD,
        summary=f"{summary}; {told(before, good)}{earlier}",
        facts={"runs": runs + 1, "fails_only_on_current_release": before.green, "last_known_good": good},
    )


async def _collect_for_exit(case: Case) -> Answer:
    deployment = await deployed(case)
    result = await run_for(case, case.profile.suites.regression, deployment.release, deployment)
    verdict = Verdict.OK if result.green else Verdict.UNKNOWN if result.uncollected else Verdict.BAD
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
