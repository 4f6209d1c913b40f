"""What can never be processed as it is: kept with its reason, listed, and settled by a replay or by a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import QuarantinedAlert
from steadyhand.domain.record import AwareDatetime, Record
from steadyhand.errors import NotFound
from steadyhand.store.tables import notifications, quarantine

PROCESSED = "processed"
"""How a row is settled whose alert went its way after all."""


class Quarantined(Record):
    """One row: an alert of a notification, or the whole of it, and what became of it."""

    id: int
    notification_id: int
    received_at: AwareDatetime
    sender: str
    position: int | None
    fingerprint: str
    reason: str
    settled_at: AwareDatetime | None
    settled_as: str | None


async def add(connection: AsyncConnection, ids: Sequence[int], refused: Sequence[Sequence[QuarantinedAlert]]) -> None:
    """These alerts of the notifications with these ids are in quarantine."""
    rows = [
        {"notification_id": number, **alert.model_dump()}
        for number, alerts in zip(ids, refused, strict=True)
        for alert in alerts
    ]
    if rows:
        await connection.execute(insert(quarantine), rows)


async def listed(connection: AsyncConnection, *, open_only: bool, limit: int) -> tuple[Quarantined, ...]:
    """The newest rows first."""
    statement = _whole().order_by(quarantine.c.id.desc()).limit(limit)
    if open_only:
        statement = statement.where(quarantine.c.settled_at.is_(None))
    return tuple(_row(row) for row in (await connection.execute(statement)).mappings())


async def get(connection: AsyncConnection, number: int, *, lock: bool = False) -> tuple[Quarantined, bytes]:
    """The row and the raw body of its notification. Raises NotFound."""
    statement = _whole().add_columns(notifications.c.body).where(quarantine.c.id == number)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).mappings().first()
    if row is None:
        raise NotFound(f"there is no {number} in quarantine; `steadyhand inbox quarantine` lists what there is")
    return _row(row), row["body"]


async def settle(connection: AsyncConnection, number: int, *, at: datetime, as_what: str) -> None:
    """The row waits for nobody any more."""
    statement = update(quarantine).where(quarantine.c.id == number)
    await connection.execute(statement.values(settled_at=at, settled_as=as_what))


async def explain(connection: AsyncConnection, number: int, reason: str) -> None:
    """The row says why it is in quarantine today, and waits for a person."""
    statement = update(quarantine).where(quarantine.c.id == number)
    await connection.execute(statement.values(reason=reason, settled_at=None, settled_as=None))


def _whole() -> Select[Any]:
    own = [quarantine.c[name] for name in Quarantined.model_fields if name not in {"received_at", "sender"}]
    joined = quarantine.join(notifications, notifications.c.id == quarantine.c.notification_id)
    return select(*own, notifications.c.received_at, notifications.c.sender).select_from(joined)


def _row(row: RowMapping) -> Quarantined:
    return Quarantined(**{name: row[name] for name in Quarantined.model_fields})
