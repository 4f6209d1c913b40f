"""The runbook's changes, one file each. REGISTRY is all of them: a new one is one file, one line here, one test."""

from steadyhand.domain.plan import MitigationName
from steadyhand.mitigations import disable_planner, roll_back, sequential_scheduling
from steadyhand.mitigations.mitigation import Mitigation

REGISTRY: dict[MitigationName, Mitigation] = {
    mitigation.name: mitigation
    for mitigation in (roll_back.MITIGATION, disable_planner.MITIGATION, sequential_scheduling.MITIGATION)
}
