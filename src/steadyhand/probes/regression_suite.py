"""The end-to-end regression suite should pass on the current release (F3, M1, E1).

*Reproducibly* (M1): it fails twice of two on the current release and passes on the last known good one. Failing on both
was red before this incident, or has a cause outside the release: no reason to roll back.
"""

from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import PermanentError
from steadyhand.probes.probe import Case, Probe
from steadyhand.probes.suite_run import deployed, run_for, told

_QUESTION = "The end-to-end regression suite should pass on the current release"


async def _collect(case: Case) -> Answer:
    deployment, suite = await deployed(case), case.profile.suites.regression
    first = await run_for(case, suite, deployment.release, deployment)
    if first.green:
        return Answer(verdict=Verdict.OK, summary=told(first, deployment.release), facts={"runs": 1})
    second = await run_for(case, suite, deployment.release, deployment)
    if second.green:
        summary = (
            f"failed once of two runs on {deployment.release}, so not reproducibly: {told(first, deployment.release)}"
        )
        return Answer(verdict=Verdict.UNKNOWN, summary=summary, facts={"runs": 2})
    summary = f"fails 2 of 2 runs: {told(first, deployment.release)}"
    good = deployment.last_known_good
    if good is None:
        return Answer(verdict=Verdict.BAD, summary=f"{summary}; no other known good release to compare with")
    try:
        before = await run_for(case, suite, good, deployment)
    except PermanentError as error:
        return Answer(verdict=Verdict.BAD, summary=f"{summary}; could not compare with {good}: {error}")
    return Answer(
        verdict=Verdict.BAD,
        summary=f"{summary}; {told(before, good)}",
        facts={"runs": 3, "fails_only_on_current_release": before.green, "last_known_good": good},
    )


async def _collect_for_exit(case: Case) -> Answer:
    deployment = await deployed(case)
    result = await run_for(case, case.profile.suites.regression, deployment.release, deployment)
    verdict = Verdict.OK if result.green else Verdict.BAD
    return Answer(verdict=verdict, summary=told(result, deployment.release))


PROBE = Probe(
    name="regression_suite",
    requirement="F3",
    branch=Branch.FIRST_FIVE_MINUTES,
    question=_QUESTION,
    collect=_collect,
    timeout_seconds=420,
)
EXIT_PROBE = Probe(
    name="regression_suite_green",
    requirement="E1",
    branch=Branch.EXIT,
    question=_QUESTION,
    collect=_collect_for_exit,
    timeout_seconds=150,
)
