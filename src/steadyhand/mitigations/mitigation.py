"""What a mitigation is: how it is proposed and how its effect is measured. Applying is alike for all: converge.py."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.outcome import Verification
from steadyhand.domain.plan import MitigationName, PlanStep
from steadyhand.probes.probe import Case
from steadyhand.profile import Profile

REDEPLOYED = "the whole environment: the service restarts, tasks in flight are interrupted"


def _is_bad(seen: Verification) -> bool:
    return seen.verdict is Verdict.BAD


@dataclass(frozen=True, kw_only=True)
class Mitigation:
    """One change of the runbook.

    The words are for the person who approves; {planner}, {scheduler} and {failures} stand for the profile's names.
    `desired` is the state wished for, or None when there is none. `measure` looks once, given when it was applied;
    it is asked again until it says ok or the window ends. `still_there` tells of a measurement made before the change
    whether the trouble goes on.
    """

    name: MitigationName
    requirement: str
    blast_radius: str
    expected_effect: str
    measured_by: str
    undo: str
    desired: Callable[[Deployment, Profile], DesiredDeployment | None]
    measure: Callable[[Case, datetime], Awaitable[Verification]]
    still_there: Callable[[Verification], bool] = _is_bad

    def propose(self, deployment: Deployment, reason: str, profile: Profile) -> PlanStep | None:
        """The step of a plan, or None when there is nothing to change."""
        after = self.desired(deployment, profile)
        if after is None or after == deployment.desired:
            return None
        words = {
            "planner": profile.orchestrator.planner_variable,
            "scheduler": profile.orchestrator.scheduler_variable,
            "failures": profile.prometheus.planner_failures,
        }
        return PlanStep(
            mitigation=self.name,
            requirement=self.requirement,
            reason=reason,
            before=deployment.desired,
            after=after,
            blast_radius=self.blast_radius.format_map(words),
            expected_effect=self.expected_effect.format_map(words),
            measured_by=self.measured_by.format_map(words),
            verify_window_seconds=profile.mitigation.verify_window_seconds,
            undo=self.undo.format_map(words),
        )


def with_variable(deployment: Deployment, name: str, value: str) -> DesiredDeployment:
    """The same release with one variable set."""
    return DesiredDeployment(release=deployment.release, environment={**deployment.environment, name: value})
