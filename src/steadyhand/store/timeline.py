"""The incident's diary in the database. Entries are added, never changed."""

from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.timeline import TimelineEntry
from steadyhand.store.tables import timeline


async def write(connection: AsyncConnection, entry: TimelineEntry) -> bool:
    """The entry is on the timeline exactly once, whoever replays. True when this call put it there."""
    statement = upsert(timeline).values(entry.model_dump()).on_conflict_do_nothing(constraint="a_step_is_written_once")
    return bool((await connection.execute(statement.returning(timeline.c.id))).first())


async def found(connection: AsyncConnection, incident_id: UUID, once: str) -> TimelineEntry | None:
    """The entry of this step, or None when it is not on the timeline."""
    statement = select(timeline).where(timeline.c.incident_id == incident_id, timeline.c.once == once)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else _entry(row)


async def written(connection: AsyncConnection, incident_id: UUID, once: str) -> bool:
    """Whether this step is on the timeline."""
    statement = select(timeline.c.id).where(timeline.c.incident_id == incident_id, timeline.c.once == once)
    return (await connection.execute(statement)).first() is not None


async def read(
    connection: AsyncConnection, incident_id: UUID, *, after: int = 0
) -> tuple[tuple[int, TimelineEntry], ...]:
    """(position, entry) pairs of an incident after a position, oldest first."""
    statement = select(timeline).where(timeline.c.incident_id == incident_id, timeline.c.id > after)
    rows = await connection.execute(statement.order_by(timeline.c.id))
    return tuple((row["id"], _entry(row)) for row in rows.mappings())


def _entry(row: RowMapping) -> TimelineEntry:
    return TimelineEntry(**{name: row[name] for name in TimelineEntry.model_fields})
