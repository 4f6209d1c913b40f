"""Each alert's present state, keyed by fingerprint, and how it came to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Text, any_, cast, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import Alert, AlertStatus, IncidentKey
from steadyhand.domain.record import AwareDatetime, Record
from steadyhand.domain.transition import CHANGES, Transition
from steadyhand.store.tables import alert_history, alerts, notifications


class KnownAlert(Record):
    """An alert's state, the incident it last fired in, and since when it is so by the database's clock."""

    alert: Alert
    incident_id: UUID | None
    changed_at: AwareDatetime


class Happening(Record):
    """One line of an alert's history. `sender` is who told of it."""

    fingerprint: str
    name: str
    at: AwareDatetime
    transition: Transition
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None
    notification_id: int
    sender: str


async def clock(connection: AsyncConnection) -> datetime:
    """The database's clock: the one that `changed_at` is told by."""
    now: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def known(connection: AsyncConnection, fingerprints: Iterable[str]) -> dict[str, KnownAlert]:
    """What is known of these fingerprints."""
    wanted = cast(list(fingerprints), ARRAY(Text))
    rows = await connection.execute(select(alerts).where(alerts.c.fingerprint == any_(wanted)))
    return {row["fingerprint"]: _known(row) for row in rows.mappings()}


async def firing(connection: AsyncConnection) -> tuple[KnownAlert, ...]:
    """Every alert that fires as far as is known."""
    rows = await connection.execute(select(alerts).where(alerts.c.status == AlertStatus.FIRING))
    return tuple(_known(row) for row in rows.mappings())


async def of_incident(connection: AsyncConnection, incident_id: UUID) -> tuple[Alert, ...]:
    """The alerts of an incident, firing ones first."""
    statement = select(alerts).where(alerts.c.incident_id == incident_id)
    rows = await connection.execute(statement.order_by(alerts.c.status, alerts.c.starts_at))
    return tuple(_known(row).alert for row in rows.mappings())


async def history(connection: AsyncConnection, incident_id: UUID) -> tuple[Happening, ...]:
    """What happened to the alerts of an incident, in the order it became known; repeats left out."""
    fields = [alert_history.c[name] for name in Happening.model_fields if name != "sender"]
    statement = (
        select(*fields, notifications.c.sender)
        .join(notifications, notifications.c.id == alert_history.c.notification_id)
        .where(alert_history.c.incident_id == incident_id)
        .order_by(alert_history.c.id)
    )
    return tuple(Happening(**row) for row in (await connection.execute(statement)).mappings())


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What one delivery meant for one alert, and the state it left."""

    arriving: Alert
    state: Alert
    transition: Transition
    notification_id: int
    at: datetime
    told_by: str
    incident_id: UUID | None = None


async def record(connection: AsyncConnection, moves: Iterable[Move]) -> None:
    """The alerts are in the states these moves left, and the history has a line for each. Repeats leave none.

    `moves` are in the order they happened; the caller holds the locks of their keys.
    """
    happened = [move for move in moves if move.transition is not Transition.REPEAT]
    latest = {move.state.fingerprint: move for move in happened if move.transition in CHANGES}
    # In one order everywhere: two receivers never wait for each other's rows.
    rows = [_row(latest[fingerprint]) for fingerprint in sorted(latest)]
    if rows:
        statement = upsert(alerts).values(changed_at=func.clock_timestamp())
        columns: dict[str, Any] = {c.name: c for c in statement.excluded if c.name != "fingerprint"}
        # A resolve that comes after closure still belongs to the incident it fired in.
        columns["incident_id"] = func.coalesce(statement.excluded.incident_id, alerts.c.incident_id)
        await connection.execute(statement.on_conflict_do_update(index_elements=["fingerprint"], set_=columns), rows)
    if happened:
        await connection.execute(insert(alert_history), [_line(move) for move in happened])


def _row(move: Move) -> dict[str, Any]:
    alert = move.state
    placed = {"notification_id": move.notification_id, "incident_id": move.incident_id}
    return alert.model_dump(exclude={"key"}) | alert.key.model_dump() | placed


def _line(move: Move) -> dict[str, Any]:
    return {
        "notification_id": move.notification_id,
        "incident_id": move.incident_id,
        "fingerprint": move.arriving.fingerprint,
        "name": move.arriving.name,
        "at": move.at,
        "transition": move.transition,
        "starts_at": move.arriving.starts_at,
        "ends_at": move.arriving.ends_at,
    }


def _known(row: RowMapping) -> KnownAlert:
    key = IncidentKey(environment=row["environment"], service=row["service"])
    fields = Alert.model_fields.keys() - {"key"}
    alert = Alert(key=key, **{name: row[name] for name in fields})
    return KnownAlert(alert=alert, incident_id=row["incident_id"], changed_at=row["changed_at"])
