"""Diagnostics: the runbook's four branches, side by side (D1-D7)."""

from asyncio import gather

from flows.phase import phase
from steadyhand.domain.evidence import Branch, Evidence
from steadyhand.domain.incident import Focus, Incident
from steadyhand.domain.timeline import Kind
from tasks.note import note
from tasks.observe import observe

BRANCHES: dict[Branch, tuple[str, ...]] = {
    Branch.TASKS: ("recent_tasks", "task_queue"),
    Branch.PLANNER: ("planner_contract_suite", "planner_contract_failures"),
    Branch.TOOLS: ("active_alerts", "tool_adapters"),
    Branch.REGRESSION: ("deployment", "hardening_workflow"),
}

_ALWAYS = "deployment"


def chosen(focus: Focus) -> tuple[str, ...]:
    """The probes to ask. What is deployed is always read: without it no change can be planned."""
    if focus is Focus.EVERYTHING:
        return tuple(probe for probes in BRANCHES.values() for probe in probes)
    return tuple(dict.fromkeys((*BRANCHES[Branch(focus.value)], _ALWAYS)))


@phase("diagnostics")
async def diagnostics(incident: Incident) -> Evidence:
    """What the branches saw, in the runbook's order."""
    await note(incident, Kind.PHASE, f"diagnostics: {incident.focus}", once="diagnostics")
    findings = await gather(*(observe(probe, incident, once="diagnostics") for probe in chosen(incident.focus)))
    return Evidence(incident_id=incident.id, findings=tuple(findings))
