"""Notifications that were accepted and could not be processed at once: they wait, and are tried again."""

from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.record import AwareDatetime, Record
from steadyhand.store.inbox import Delivery, Receipt
from steadyhand.store.tables import notifications

_FIRST_PAUSE_SECONDS = 2


class Pending(Record):
    """One that waits, locked for this transaction."""

    id: int
    received_at: AwareDatetime
    sender: str
    body: bytes
    attempts: int


async def keep_pending(connection: AsyncConnection, delivery: Delivery) -> Receipt:
    """The raw body is kept; what follows from it will be found out later."""
    row = {
        "received_at": delivery.at,
        "sender": delivery.sender,
        "body": delivery.body,
        "alerts": max(1, len(delivery.placed) + len(delivery.refused)),
        "quarantined": 0,
        "processed": 0,
        "attempts": 0,
        "pending_since": func.now(),
    }
    number = (await connection.execute(insert(notifications).values(row).returning(notifications.c.id))).scalar_one()
    return Receipt(notification_id=number, transitions={}, quarantined=0, incidents=())


async def next_pending(connection: AsyncConnection, now: datetime) -> Pending | None:
    """The one that waits longest and may be tried again; pauses double from try to try. Others' are skipped."""
    pause = func.make_interval(0, 0, 0, 0, 0, 0, _FIRST_PAUSE_SECONDS * func.power(2, notifications.c.attempts))
    statement = (
        select(*(notifications.c[name] for name in Pending.model_fields))
        .where(notifications.c.pending_since.is_not(None), notifications.c.pending_since + pause <= now)
        .order_by(notifications.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else Pending(**row)


async def failed_again(connection: AsyncConnection, number: int) -> None:
    """It waits on."""
    values = {"attempts": notifications.c.attempts + 1}
    await connection.execute(update(notifications).where(notifications.c.id == number).values(values))


async def tally(connection: AsyncConnection, number: int, *, processed: int, quarantined: int) -> None:
    """So many of the notification's alerts are processed, so many in quarantine, and it does not wait."""
    values = {
        "alerts": processed + quarantined,
        "processed": processed,
        "quarantined": quarantined,
        "pending_since": None,
    }
    await connection.execute(update(notifications).where(notifications.c.id == number).values(values))


async def tallied(connection: AsyncConnection, number: int) -> tuple[int, int]:
    """How many of its alerts are processed, and how many in quarantine; the row locked for this transaction."""
    statement = select(notifications.c.processed, notifications.c.quarantined).where(notifications.c.id == number)
    row = (await connection.execute(statement.with_for_update())).one()
    return row.processed, row.quarantined
