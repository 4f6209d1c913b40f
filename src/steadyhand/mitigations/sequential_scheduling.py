"""Switch to sequential scheduling and redeploy (M3)."""

from datetime import datetime

from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.outcome import Verification
from steadyhand.domain.plan import MitigationName
from steadyhand.mitigations.mitigation import REDEPLOYED, Mitigation, with_variable
from steadyhand.probes import task_queue
from steadyhand.probes.probe import Case
from steadyhand.profile import Profile


def _desired(deployment: Deployment, profile: Profile) -> DesiredDeployment | None:
    target = profile.orchestrator
    return with_variable(deployment, target.scheduler_variable, target.scheduler_sequential)


async def _measure(case: Case, applied_at: datetime) -> Verification:
    """The queue is within its limits, after the settle time, and tasks finish: a restart alone empties a queue too."""
    settle = case.profile.mitigation.settle_seconds
    elapsed = (case.now - applied_at).total_seconds()
    if elapsed < settle:
        return Verification(verdict=Verdict.UNKNOWN, summary=f"{elapsed:.0f} of {settle:.0f} s have passed")
    answer = await task_queue.PROBE.collect(case)
    finished = answer.facts.get("completed_between")
    verdict = answer.verdict
    if verdict is Verdict.OK and not finished:
        verdict = Verdict.UNKNOWN  # none finished, or nobody can tell: an empty queue alone is no proof
    told = "nobody can tell how many" if finished is None else finished
    return Verification(
        verdict=verdict,
        summary=f"{answer.summary}; {told} finished between two looks",
        facts=dict(answer.facts),
    )


MITIGATION = Mitigation(
    name=MitigationName.SEQUENTIAL_SCHEDULING,
    requirement="M3",
    blast_radius=f"{REDEPLOYED}; until it is undone, tasks run one after another",
    expected_effect="the queue drains and tasks finish",
    measured_by="two looks at the queue's depth, age and finished tasks, after the settle time",
    undo="set {scheduler} back and redeploy",
    desired=_desired,
    measure=_measure,
    # A queue that is long but moves is load, and no reason for this change.
    still_there=lambda seen: seen.facts.get("starved") is True,
)
