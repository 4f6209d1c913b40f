"""The inbox: notifications and all that follows from them, in one transaction (T1, rules 2 and 6)."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Integer, LargeBinary, Text, cast, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from steadyhand.domain.alert import Alert, IncidentKey, QuarantinedAlert
from steadyhand.domain.record import Record
from steadyhand.domain.transition import Transition, after, transition
from steadyhand.store import alerts, quarantine
from steadyhand.store.alerts import KnownAlert, Move
from steadyhand.store.joining import House, note, opened_or_joined
from steadyhand.store.tables import notifications


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notification, judged: its raw body, its alerts with a place, and those that can have none.

    `seen_at` is the database's clock before its source was asked, for what was asked for and not sent: alerts that have
    changed since are left as they are.
    """

    body: bytes
    sender: str
    at: datetime
    placed: tuple[Alert, ...]
    refused: tuple[QuarantinedAlert, ...] = ()
    seen_at: datetime | None = None
    told_by: str = "alertmanager"


class Receipt(Record):
    """What became of one notification."""

    notification_id: int
    transitions: dict[str, int]
    quarantined: int
    incidents: tuple[UUID, ...]


async def deliver(connection: AsyncConnection, deliveries: Sequence[Delivery], house: House) -> tuple[Receipt, ...]:
    """The raw bodies, every alert's transition, and the incidents they open or join are in the transaction."""
    ids = await _keep(connection, deliveries)
    return await apply(connection, ids, deliveries, house)


async def apply(
    connection: AsyncConnection, ids: Sequence[int], deliveries: Sequence[Delivery], house: House
) -> tuple[Receipt, ...]:
    """What follows from notifications that are kept under these ids.

    Work on one incident key is serialised by an advisory lock, taken in one order so that receivers never deadlock.
    """
    await quarantine.add(connection, ids, [delivery.refused for delivery in deliveries])
    placed = [alert for delivery in deliveries for alert in delivery.placed]
    await lock_keys(connection, {alert.key for alert in placed})
    known = await alerts.known(connection, {alert.fingerprint for alert in placed}) if placed else {}
    moves = _folded(deliveries, ids, known)
    belongs = await opened_or_joined(connection, moves, house)
    moves = [replace(move, incident_id=_incident_of(move, belongs, known)) for move in moves]
    await alerts.record(connection, moves)
    await note(connection, moves, belongs.values())
    return _receipts(deliveries, ids, moves)


async def lock_keys(connection: AsyncConnection, keys: Iterable[IncidentKey]) -> None:
    """Nobody else works on these keys until the transaction ends."""
    if numbers := sorted(map(_lock_number, keys)):
        wanted = select(func.unnest(cast(numbers, ARRAY(BigInteger))).label("number")).subquery()
        await connection.execute(select(func.pg_advisory_xact_lock(wanted.c.number)))


async def _keep(connection: AsyncConnection, deliveries: Sequence[Delivery]) -> tuple[int, ...]:
    columns: dict[str, tuple[type[TypeEngine[Any]] | TypeEngine[Any], list[Any]]] = {
        "received_at": (DateTime(timezone=True), [d.at for d in deliveries]),
        "sender": (Text, [d.sender for d in deliveries]),
        "body": (LargeBinary, [d.body for d in deliveries]),
        "alerts": (Integer, [len(d.placed) + len(d.refused) for d in deliveries]),
        "quarantined": (Integer, [len(d.refused) for d in deliveries]),
        "processed": (Integer, [len(d.placed) for d in deliveries]),
        "attempts": (Integer, [0 for _ in deliveries]),
    }
    # One statement for any number of them; rows get their ids in the order of the arrays.
    rows = select(*(func.unnest(cast(values, ARRAY(kind))) for kind, values in columns.values()))
    statement = insert(notifications).from_select(list(columns), rows).returning(notifications.c.id)
    return tuple(sorted((await connection.execute(statement)).scalars()))


def _folded(deliveries: Sequence[Delivery], ids: Sequence[int], known: dict[str, KnownAlert]) -> list[Move]:
    """Each alert's move, in order of arrival; within one notification the oldest start comes first."""
    states = {fingerprint: one.alert for fingerprint, one in known.items()}
    moves = []
    for number, delivery in zip(ids, deliveries, strict=True):
        for alert in sorted(delivery.placed, key=lambda a: a.starts_at):
            before = states.get(alert.fingerprint)
            move = transition(before, alert)
            if before is not None and _overtaken(delivery, known.get(alert.fingerprint)):
                move, state = Transition.LATE, before
            else:
                state = states[alert.fingerprint] = after(before, alert)
            moves.append(
                Move(
                    arriving=alert,
                    state=state,
                    transition=move,
                    notification_id=number,
                    at=delivery.at,
                    told_by=delivery.told_by,
                )
            )
    return moves


def _overtaken(delivery: Delivery, known: KnownAlert | None) -> bool:
    return known is not None and delivery.seen_at is not None and known.changed_at >= delivery.seen_at


def _incident_of(move: Move, belongs: Mapping[IncidentKey, UUID], known: dict[str, KnownAlert]) -> UUID | None:
    """The open one of its key; for what comes after closure, the one it fired in."""
    before = known.get(move.arriving.fingerprint)
    return belongs.get(move.state.key) or (before.incident_id if before else None)


def _receipts(deliveries: Sequence[Delivery], ids: Sequence[int], moves: list[Move]) -> tuple[Receipt, ...]:
    tally: dict[int, Counter[str]] = defaultdict(Counter)
    touched: dict[int, dict[UUID, None]] = defaultdict(dict)
    for move in moves:
        tally[move.notification_id][move.transition] += 1
        if move.incident_id is not None:
            touched[move.notification_id][move.incident_id] = None
    return tuple(
        Receipt(
            notification_id=number,
            transitions=dict(tally[number]),
            quarantined=len(delivery.refused),
            incidents=tuple(touched[number]),
        )
        for number, delivery in zip(ids, deliveries, strict=True)
    )


def _lock_number(key: IncidentKey) -> int:
    digest = hashlib.sha256(f"{key.environment}\0{key.service}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
