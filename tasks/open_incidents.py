"""What the schedules work over (C1, T3)."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from steadyhand.domain.incident import Incident
from steadyhand.domain.record import Record, utc_now
from steadyhand.store import exit_checks, incidents, timeline
from steadyhand.telling import status_update
from tasks.opened import opened


class Update(Record):
    """An incident and what is to be said of it now."""

    incident: Incident
    text: str


@task(name="read open incidents", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def read_open_incidents() -> tuple[Incident, ...]:
    """Every incident that is not closed."""
    async with opened() as (_, database), database.transaction() as connection:
        return await incidents.listed(connection, open_only=True)


@task(name="draft status updates", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def draft_updates() -> tuple[Update, ...]:
    """The status of every open incident, in words: status, mitigation progress, blockers (C1)."""
    now = utc_now()
    async with opened() as (_, database), database.transaction() as connection:
        updates = []
        for incident in await incidents.listed(connection, open_only=True):
            entries = [entry for _, entry in await timeline.read(connection, incident.id)]
            check = await exit_checks.latest(connection, incident.id)
            text = status_update(incident, entries, check[1] if check else None, now)
            updates.append(Update(incident=incident, text=text))
        return tuple(updates)
