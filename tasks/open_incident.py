"""Opening an incident, or finding the one this run belongs to (F1, F2, T1, T2)."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.incident import Incident, IncidentRequest, Source
from steadyhand.domain.record import Record, utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.profile import Profile
from steadyhand.store import incidents
from steadyhand.store.inbox import lock_keys
from steadyhand.store.incidents import Opening
from steadyhand.store.timeline import write
from tasks.opened import opened


class Opened(Record):
    """The incident, and whether this run is the one that works on it."""

    incident: Incident
    ours: bool


@task(name="open incident", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def open_incident(request: IncidentRequest, incident_id: UUID | None) -> Opened:
    """The incident is open and this run is its master run, unless another live run works on it already.

    Safe to replay: a run finds the incident it opened or was given.
    """
    run_id = UUID(str(flow_run.get_id()))
    async with opened() as (profile, database):
        async with database.transaction() as connection:
            mine = await incidents.of_run(connection, run_id)
            if mine is not None:
                return Opened(incident=mine, ours=True)
            incident = await _given_or_joined(connection, profile, request, incident_id, run_id)
            if incident.flow_run_id == run_id:
                return Opened(incident=incident, ours=True)
        live = incident.flow_run_id is not None and await _is_live(incident.flow_run_id)
        async with database.transaction() as connection:
            return await _taken(connection, incident, run_id, live=live, who=request.requested_by)


async def _given_or_joined(
    connection: AsyncConnection, profile: Profile, request: IncidentRequest, incident_id: UUID | None, run_id: UUID
) -> Incident:
    if incident_id is None:
        key = IncidentKey(environment=request.environment, service=request.service)
        await lock_keys(connection, (key,))
        incident_id = await incidents.open_or_join(connection, _opening(profile, request, key, run_id))
    return await incidents.get(connection, incident_id)


def _opening(profile: Profile, request: IncidentRequest, key: IncidentKey, run_id: UUID) -> Opening:
    """With its run from the start: without one, the dispatcher would give it another."""
    now = utc_now()
    return Opening(
        key=key,
        severity=request.severity,
        team=profile.intake.default_team,
        channel=profile.channel(profile.intake.default_team),
        description=request.description,
        source=Source.PERSON,
        commander=profile.commander,
        started_at=now,
        at=now,
        focus=request.focus,
        dry_run=request.dry_run,
        flow_run_id=run_id,
    )


async def _taken(connection: AsyncConnection, incident: Incident, run_id: UUID, *, live: bool, who: str) -> Opened:
    if live:
        told = f"{who} started another run; run {incident.flow_run_id} works on this incident already, so it stops"
        await write(connection, _entry(incident, told, f"joined:{run_id}", who))
        return Opened(incident=incident, ours=False)
    generation = incident.generation + (incident.flow_run_id is not None)
    await incidents.set_run(connection, incident.id, run_id, generation=generation)
    await write(connection, _entry(incident, f"run {run_id} works on it", f"run:{run_id}", who))
    return Opened(incident=await incidents.get(connection, incident.id), ours=True)


def _entry(incident: Incident, summary: str, once: str, actor: str) -> TimelineEntry:
    return TimelineEntry(
        incident_id=incident.id, at=utc_now(), kind=Kind.PHASE, actor=actor[:200], summary=summary, once=once
    )


async def _is_live(run_id: UUID) -> bool:
    async with get_client() as client:
        try:
            run = await client.read_flow_run(run_id)
        except ObjectNotFound:
            return False
    return run.state is not None and not run.state.is_final()
