"""First five minutes: acknowledge, record, reproduce, reach, and how old the last backup is (F1-F5)."""

from asyncio import gather

from flows.phase import phase
from steadyhand.domain.evidence import Evidence
from steadyhand.domain.incident import Incident, IncidentStatus
from steadyhand.domain.timeline import Kind
from tasks.announce import announce
from tasks.note import note
from tasks.observe import observe

PROBES = ("reachability", "regression_suite", "last_backup")


@phase("first five minutes")
async def first_five_minutes(incident: Incident) -> Evidence:
    """The alert is acknowledged and has a commander (F1), start and place are on record (F2), F3, F4, F5 are asked."""
    started = f"{incident.started_at:%Y-%m-%d %H:%M:%S %Z}"
    await note(
        incident,
        Kind.PHASE,
        f"F2 started {started} in {incident.environment}, severity {incident.severity}",
        once="first five minutes",
        status=IncidentStatus.INVESTIGATING,
    )
    acknowledged = f"Acknowledged: incident {incident.title}. Commander: {incident.commander}. {incident.description}"
    # Side by side: a chat that does not answer must not keep the probes waiting (rule 7).
    _, findings = await gather(
        announce(incident, acknowledged, once="acknowledged"),
        gather(*(observe(probe, incident, once="first five minutes") for probe in PROBES)),
    )
    return Evidence(incident_id=incident.id, findings=tuple(findings))
