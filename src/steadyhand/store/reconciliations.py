"""What is known of those who are asked about alerts, and whose turn it is to ask (T1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Integer, Table, Text, any_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import AlertStatus
from steadyhand.domain.record import AwareDatetime, Record
from steadyhand.domain.transition import Transition
from steadyhand.store.alerts import KnownAlert, known
from steadyhand.store.tables import alert_history, alerts, incidents, metadata, quarantine

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("source", Text, primary_key=True),
    Column("looked_at", DateTime(timezone=True), nullable=False),
    Column("ok_at", DateTime(timezone=True)),
    Column("problem", Text, nullable=False),
)

reconciliation_turn = Table(
    "reconciliation_turn",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    Column("reopenings", BigInteger, nullable=False),
)


class Look(Record):
    """The last look at one source. `ok_at` is the last one that it answered; `problem` is empty when it did now."""

    source: str
    looked_at: AwareDatetime
    ok_at: AwareDatetime | None
    problem: str


async def latest(connection: AsyncConnection) -> tuple[Look, ...]:
    """The last look at every source that was ever asked."""
    rows = await connection.execute(select(reconciliations).order_by(reconciliations.c.source))
    return tuple(Look(**row) for row in rows.mappings())


async def record(connection: AsyncConnection, looks: Sequence[Look]) -> None:
    """These are the last looks. One without `ok_at` keeps the one before; none goes back in time."""
    if not looks:
        return
    statement = upsert(reconciliations)
    given = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["source"],
        set_={
            "looked_at": given.looked_at,
            "ok_at": func.greatest(given.ok_at, reconciliations.c.ok_at),
            "problem": given.problem,
        },
        where=reconciliations.c.looked_at <= given.looked_at,
    )
    await connection.execute(statement, [one.model_dump() for one in sorted(looks, key=lambda look: look.source)])


async def take_turn(connection: AsyncConnection, *, every_seconds: float) -> bool:
    """Whether it is the caller's turn: it is due, or an alert fired again with the start it had. Nobody else's then is.

    By the database's clock, the same for every process. Whoever takes a turn and dies leaves it to the next.
    """
    reopened = alert_history.c.transition == Transition.REOPENED
    reopenings = select(func.count()).select_from(alert_history).where(reopened).scalar_subquery()
    statement = upsert(reconciliation_turn).values(id=1, taken_at=func.clock_timestamp(), reopenings=reopenings)
    pause = func.make_interval(0, 0, 0, 0, 0, 0, every_seconds)
    taken = statement.on_conflict_do_update(
        index_elements=["id"],
        set_={"taken_at": statement.excluded.taken_at, "reopenings": statement.excluded.reopenings},
        where=or_(
            reconciliation_turn.c.taken_at <= func.clock_timestamp() - pause,
            reconciliation_turn.c.reopenings != statement.excluded.reopenings,
        ),
    )
    return (await connection.execute(taken.returning(reconciliation_turn.c.id))).first() is not None


async def firing_since(connection: AsyncConnection, since: datetime) -> tuple[KnownAlert, ...]:
    """Every alert that fires, or fired at some time after `since`."""
    fired = or_(alerts.c.status == AlertStatus.FIRING, alerts.c.ends_at >= since)
    names = (await connection.execute(select(alerts.c.fingerprint).where(fired))).scalars()
    return tuple((await known(connection, list(names))).values())


async def services(connection: AsyncConnection) -> frozenset[str]:
    """The services that ever had an incident."""
    return frozenset((await connection.execute(select(incidents.c.service).distinct())).scalars())


async def in_quarantine(connection: AsyncConnection, fingerprints: Iterable[str]) -> frozenset[str]:
    """Those of these fingerprints that were quarantined before."""
    wanted = cast(list(fingerprints), ARRAY(Text))
    found = await connection.execute(select(quarantine.c.fingerprint).where(quarantine.c.fingerprint == any_(wanted)))
    return frozenset(found.scalars())
