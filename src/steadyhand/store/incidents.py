"""Incidents: opened once per key, joined by what follows, and moved along by the flows."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.incident import Focus, Incident, IncidentStatus, Severity, Source
from steadyhand.domain.record import AwareDatetime, Record
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import NotFound
from steadyhand.store.ringing import ring
from steadyhand.store.tables import incidents
from steadyhand.store.timeline import write


class Opening(Record):
    """What is needed to open an incident, or to join the open one of the same key."""

    key: IncidentKey
    severity: Severity
    team: str
    channel: str
    description: str
    source: Source
    commander: str
    started_at: AwareDatetime
    at: AwareDatetime
    focus: Focus = Focus.EVERYTHING
    dry_run: bool = False
    flow_run_id: UUID | None = None


async def open_id(connection: AsyncConnection, key: IncidentKey) -> UUID | None:
    """The open incident of this key, locked for this transaction, or None."""
    statement = (
        select(incidents.c.id)
        .where(incidents.c.environment == key.environment, incidents.c.service == key.service)
        .where(incidents.c.status != IncidentStatus.CLOSED)
        .with_for_update()
    )
    found: UUID | None = (await connection.execute(statement)).scalar_one_or_none()
    return found


async def open_or_join(connection: AsyncConnection, opening: Opening) -> UUID:
    """The id of the one open incident of this key. A worse severity or an earlier start is taken over when joining.

    The caller holds the key's advisory lock, or accepts an IntegrityError from the database's own guard.
    """
    existing = await open_id(connection, opening.key)
    if existing is not None:
        incident = await get(connection, existing)
        worst = min(incident.severity, opening.severity, key=lambda s: s.rank)
        start = min(incident.started_at, opening.started_at)
        if (worst, start) != (incident.severity, incident.started_at):
            await _set(connection, existing, severity=worst, started_at=start)
        return existing
    incident_id = uuid4()
    fields = opening.model_dump(exclude={"key", "at"}) | opening.key.model_dump()
    fields |= {"id": incident_id, "opened_at": opening.at, "status": IncidentStatus.OPEN, "generation": 1}
    await connection.execute(insert(incidents).values(fields))
    entry = TimelineEntry(
        incident_id=incident_id,
        at=opening.at,
        kind=Kind.PHASE,
        actor="steadyhand",
        summary=f"incident opened by {opening.source}: {opening.description}",
        once="opened",
    )
    await write(connection, entry)
    await ring(connection)
    return incident_id


async def get(connection: AsyncConnection, incident_id: UUID) -> Incident:
    """The incident. Raises NotFound."""
    row = (await connection.execute(select(incidents).where(incidents.c.id == incident_id))).mappings().first()
    if row is None:
        raise NotFound(f"there is no incident {incident_id}; `steadyhand incident list` shows them")
    return _incident(row)


async def find(connection: AsyncConnection, prefix: str) -> Incident:
    """The incident whose id starts with `prefix`. Raises NotFound when none or several do."""
    matching = [i for i in await listed(connection) if str(i.id).startswith(prefix.lower())]
    if len(matching) != 1:
        raise NotFound(
            f"{len(matching) or 'no'} incidents have an id that starts with {prefix!r}; "
            "`steadyhand incident list --all` shows them"
        )
    return matching[0]


async def listed(connection: AsyncConnection, *, open_only: bool = False) -> tuple[Incident, ...]:
    """Incidents, newest first."""
    statement = select(incidents).order_by(incidents.c.opened_at.desc())
    if open_only:
        statement = statement.where(incidents.c.status != IncidentStatus.CLOSED)
    return tuple(_incident(row) for row in (await connection.execute(statement)).mappings())


async def of_run(connection: AsyncConnection, flow_run_id: UUID) -> Incident | None:
    """The incident that this master run works on, or None."""
    statement = select(incidents).where(incidents.c.flow_run_id == flow_run_id)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else _incident(row)


async def without_run(connection: AsyncConnection, *, limit: int = 20) -> tuple[Incident, ...]:
    """Open incidents that no master run was started for yet, oldest first."""
    statement = (
        select(incidents)
        .where(incidents.c.flow_run_id.is_(None), incidents.c.status != IncidentStatus.CLOSED)
        .order_by(incidents.c.opened_at)
        .limit(limit)
    )
    return tuple(_incident(row) for row in (await connection.execute(statement)).mappings())


async def set_status(connection: AsyncConnection, incident_id: UUID, status: IncidentStatus) -> None:
    """The incident has this status. A closed one stays closed."""
    statement = update(incidents).where(incidents.c.id == incident_id, incidents.c.status != IncidentStatus.CLOSED)
    await connection.execute(statement.values(status=status))


async def begin(connection: AsyncConnection, incident: Incident, flow_run_id: UUID) -> bool:
    """This run works on the incident's generation. False when one does already, or another generation has begun."""
    statement = (
        update(incidents)
        .where(incidents.c.id == incident.id, incidents.c.flow_run_id.is_(None))
        .where(incidents.c.generation == incident.generation)
        .values(flow_run_id=flow_run_id)
    )
    return bool((await connection.execute(statement.returning(incidents.c.id))).first())


async def set_run(connection: AsyncConnection, incident_id: UUID, flow_run_id: UUID, *, generation: int) -> None:
    """The incident's master run is this one."""
    await _set(connection, incident_id, flow_run_id=flow_run_id, generation=generation)


async def close(connection: AsyncConnection, incident_id: UUID, at: datetime) -> None:
    """The incident is closed; closing it again changes nothing."""
    statement = update(incidents).where(incidents.c.id == incident_id, incidents.c.status != IncidentStatus.CLOSED)
    await connection.execute(statement.values(status=IncidentStatus.CLOSED, closed_at=at))


async def _set(connection: AsyncConnection, incident_id: UUID, **values: object) -> None:
    await connection.execute(update(incidents).where(incidents.c.id == incident_id).values(**values))


def _incident(row: RowMapping) -> Incident:
    return Incident(**row)
