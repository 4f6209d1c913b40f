"""The summary (C2) and the end (E4)."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from steadyhand.clients.documents import summary_path, write_section
from steadyhand.domain.evidence import Evidence
from steadyhand.domain.exit_criteria import ExitCheck
from steadyhand.domain.incident import Incident
from steadyhand.domain.outcome import MitigationResult
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import TransientError
from steadyhand.store import incidents, timeline
from steadyhand.telling import summary
from tasks.opened import is_last_try, opened


@task(name="write summary", retries=2, retry_delay_seconds=1, cache_policy=NO_CACHE)
async def write_summary(incident: Incident, evidence: Evidence, result: MitigationResult, check: ExitCheck) -> str:
    """The path of the day's summary file, which holds this incident once; a full disk blocks nothing (rule 7)."""
    async with opened() as (profile, database):
        async with database.transaction() as connection:
            entries = [entry for _, entry in await timeline.read(connection, incident.id)]
            current = await incidents.get(connection, incident.id)
        path = summary_path(profile.documents, profile.documents_root, incident.started_at.date())
        kind, told, once = Kind.DOCUMENT, f"C2 summary at {path}", "summary"
        try:
            write_section(path, f"incident {incident.id}", summary(current, evidence, result, check, entries))
        except TransientError as error:
            if not is_last_try():
                raise
            kind, told, once = Kind.TROUBLE, f"C2 {error}", "summary failed"
        entry = TimelineEntry(
            incident_id=incident.id,
            at=utc_now(),
            kind=kind,
            actor="steadyhand",
            summary=told,
            once=f"{incident.generation}:{once}",
        )
        async with database.transaction() as connection:
            await timeline.write(connection, entry)
        return str(path)


@task(name="close incident", retries=5, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def close_incident(incident_id: UUID, approved_by: str) -> Incident:
    """The incident is closed, and the timeline says who approved it."""
    now = utc_now()
    entry = TimelineEntry(
        incident_id=incident_id,
        at=now,
        kind=Kind.CLOSED,
        actor=approved_by,
        summary=f"E4 closed: exit criteria met, summary approved by {approved_by}",
        once="closed",
    )
    async with opened() as (_, database), database.transaction() as connection:
        await timeline.write(connection, entry)
        await incidents.close(connection, incident_id, now)
        return await incidents.get(connection, incident_id)
