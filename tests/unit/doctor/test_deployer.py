"""The runbook's variables against those that are deployed."""

from steadyhand.doctor.checkup import CheckState
from steadyhand.doctor.deployer import judged_variable
from steadyhand.domain.deployment import Deployment


def deployed(environment: dict[str, str], *others: str) -> Deployment:
    """A deployment that manages these variables and has these others."""
    return Deployment(release="2.7.0", environment=environment, healthy=True, other_variables=others)


def test_a_variable_that_is_deployed_is_ok_and_a_misnamed_one_is_drift_with_the_nearest() -> None:
    assert judged_variable("A__ENABLED", deployed({"A__ENABLED": "true"}), others=())[0].state is CheckState.OK
    seen, near = judged_variable("A__ENABLED", deployed({}, "A_ENABLED", "DB_PASSWORD"), others=())
    assert (seen.state, seen.nearest, near) == (CheckState.DRIFT, "A_ENABLED", "A_ENABLED")


def test_the_other_switch_of_the_runbook_is_never_the_nearest_however_alike_they_are() -> None:
    """Rule 4: with that line in the profile, switching the planner off would switch the scheduler."""
    found = deployed({"ORCHESTRATOR_SCHEDULER_MODE": "async"})
    seen, near = judged_variable("ORCHESTRATOR_PLANNER_MODE", found, others=("ORCHESTRATOR_SCHEDULER_MODE",))
    assert (seen.state, near) == (CheckState.UNKNOWN, None)
