"""Timeline entries and statuses that a flow itself sets."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from steadyhand.domain.incident import Incident, IncidentStatus
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.store import incidents
from steadyhand.store.timeline import write
from tasks.opened import opened


@task(name="note", task_run_name="note {once}", retries=5, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def note(
    incident: Incident, kind: Kind, summary: str, *, once: str, status: IncidentStatus | None = None
) -> None:
    """The line is on the timeline once per generation; with a first-time line, the incident takes the status."""
    entry = TimelineEntry(
        incident_id=incident.id,
        at=utc_now(),
        kind=kind,
        actor="steadyhand",
        summary=summary,
        once=f"{incident.generation}:{once}",
    )
    async with opened() as (_, database), database.transaction() as connection:
        if await write(connection, entry) and status is not None:
            await incidents.set_status(connection, incident.id, status)
