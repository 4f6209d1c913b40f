"""Disable the planner and redeploy (M2)."""

from datetime import datetime, timedelta

from steadyhand.clients.prometheus import PrometheusClient, selector
from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.outcome import Verification
from steadyhand.domain.plan import MitigationName
from steadyhand.domain.series import increments
from steadyhand.mitigations.mitigation import REDEPLOYED, Mitigation, with_variable
from steadyhand.probes.planner_contract_failures import count
from steadyhand.probes.probe import Case
from steadyhand.profile import Profile

_BASE_SECONDS = 60.0


def _desired(deployment: Deployment, profile: Profile) -> DesiredDeployment | None:
    target = profile.orchestrator
    return with_variable(deployment, target.planner_variable, target.planner_off)


async def _measure(case: Case, applied_at: datetime) -> Verification:
    """The counter stands still for the settle time while tasks finish; a still counter alone may be a dead one."""
    settle = case.profile.mitigation.settle_seconds
    elapsed = (case.now - applied_at).total_seconds()
    if elapsed < settle:
        return Verification(verdict=Verdict.UNKNOWN, summary=f"{elapsed:.0f} of {settle:.0f} s have passed")
    failures = await count(case, seconds=settle)
    finished = await _finished(case, settle)
    facts = {"failures": failures, "finished_tasks": finished, "seconds": settle}
    if failures is None or finished is None:
        return Verification(
            verdict=Verdict.UNKNOWN, summary="Prometheus has no data since the change", facts=dict(facts)
        )
    told = f"{failures:.0f} contract failures and {finished:.0f} finished tasks in the last {settle:.0f} s"
    if failures > 0:
        return Verification(verdict=Verdict.BAD, summary=f"the counter goes on: {told}", facts=dict(facts))
    verdict = Verdict.OK if finished > 0 else Verdict.UNKNOWN
    return Verification(verdict=verdict, summary=f"the counter stopped: {told}", facts=dict(facts))


async def _finished(case: Case, seconds: float) -> float | None:
    settings = case.profile.prometheus
    name = f"{settings.tasks}{{{selector(case.labels)}}}"
    series = await PrometheusClient(settings).samples(name, seconds=seconds + _BASE_SECONDS, at=case.now)
    start = case.now - timedelta(seconds=seconds)
    return increments(series, start=start.timestamp(), end=case.now.timestamp(), up_before=True) if series else None


MITIGATION = Mitigation(
    name=MitigationName.DISABLE_PLANNER,
    requirement="M2",
    blast_radius=f"{REDEPLOYED}; until it is undone, tasks are run without plans",
    expected_effect="{failures} stands still while tasks go on finishing",
    measured_by="Prometheus: the increments of {failures} and of finished tasks over the settle time",
    undo="set {planner} back and redeploy",
    desired=_desired,
    measure=_measure,
)
