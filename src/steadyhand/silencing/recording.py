"""The lines on the timeline that tell of a silence."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from steadyhand.domain.incident import Incident
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.store.database import Database
from steadyhand.store.timeline import write


def was_set(approval_id: UUID) -> str:
    """The step that is on the timeline once a silence was set on the strength of this approval."""
    return f"silence:{approval_id}:set"


def has_ended(silence: str) -> str:
    """The step that is on the timeline once this silence stands no more."""
    return f"silence:{silence}:ended"


def told(instant: datetime) -> str:
    """The instant, for people."""
    return f"{instant:%Y-%m-%d %H:%M:%S %Z}"


async def tell(
    database: Database,
    incident: Incident,
    kind: Kind,
    summary: str,
    *,
    once: str,
    detail: Mapping[str, JsonValue] | None = None,
) -> None:
    """The line is on the timeline, once."""
    entry = TimelineEntry(
        incident_id=incident.id,
        at=utc_now(),
        kind=kind,
        actor="steadyhand",
        summary=summary,
        detail=dict(detail or {}),
        once=once,
    )
    async with database.transaction() as connection:
        await write(connection, entry)
