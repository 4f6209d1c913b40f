"""The inbox: a notification and all that follows from it, in one transaction (T1, rules 2 and 6)."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import Alert, IncidentKey, QuarantinedAlert
from steadyhand.domain.incident import Source
from steadyhand.domain.record import Record
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.domain.transition import CHANGES, OPENS, Transition, transition
from steadyhand.store import incidents
from steadyhand.store.incidents import Opening
from steadyhand.store.tables import alerts, notifications, quarantine
from steadyhand.store.timeline import write

_NAMES_SHOWN = 5


class Receipt(Record):
    """What became of one notification."""

    notification_id: int
    transitions: dict[str, int]
    quarantined: int
    incidents: tuple[UUID, ...]


async def receive(
    connection: AsyncConnection,
    *,
    body: bytes,
    sender: str,
    at: datetime,
    placed: Iterable[Alert],
    refused: Iterable[QuarantinedAlert],
    channel: Callable[[str], str],
    commander: str,
) -> Receipt:
    """The raw body, every alert's transition, and the incidents they open or join are in the transaction.

    Work on one incident key is serialised by an advisory lock, taken in a fixed order so that receivers never deadlock.
    """
    by_key: dict[IncidentKey, list[Alert]] = defaultdict(list)
    for alert in placed:
        by_key[alert.key].append(alert)
    bad = tuple(refused)
    count = sum(map(len, by_key.values()))
    notification_id = await _keep(connection, body=body, sender=sender, at=at, count=count + len(bad), refused=bad)
    tally: dict[str, int] = defaultdict(int)
    touched: list[UUID] = []
    for key in sorted(by_key, key=_lock_number):
        await lock_key(connection, key)
        moves = await _transitions(connection, by_key[key])
        for _, move in moves:
            tally[move] += 1
        opening = [a for a, move in moves if move in OPENS]
        incident_id = await incidents.open_id(connection, key)
        if opening:
            incident_id = await incidents.open_or_join(connection, _opening(key, opening, channel, commander, at))
        await _save(connection, moves, notification_id=notification_id, incident_id=incident_id)
        if incident_id is not None:
            touched.append(incident_id)
            await _note(connection, incident_id, moves, notification_id=notification_id, at=at)
    return Receipt(
        notification_id=notification_id, transitions=dict(tally), quarantined=len(bad), incidents=tuple(touched)
    )


async def lock_key(connection: AsyncConnection, key: IncidentKey) -> None:
    """Nobody else works on this key until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _lock_number(key)})


async def _keep(
    connection: AsyncConnection,
    *,
    body: bytes,
    sender: str,
    at: datetime,
    count: int,
    refused: tuple[QuarantinedAlert, ...],
) -> int:
    row = {"received_at": at, "sender": sender, "body": body, "alerts": count, "quarantined": len(refused)}
    statement = insert(notifications).values(row).returning(notifications.c.id)
    notification_id = int((await connection.execute(statement)).scalar_one())
    if refused:
        rows = [{"notification_id": notification_id, **r.model_dump()} for r in refused]
        await connection.execute(insert(quarantine), rows)
    return notification_id


async def _transitions(connection: AsyncConnection, arriving: list[Alert]) -> list[tuple[Alert, Transition]]:
    """Each alert's transition, oldest start first; a fingerprint that comes twice in one body is folded in order."""
    rows = await connection.execute(select(alerts).where(alerts.c.fingerprint.in_({a.fingerprint for a in arriving})))
    known = {row["fingerprint"]: _from_row(row) for row in rows.mappings()}
    moves = []
    for alert in sorted(arriving, key=lambda a: a.starts_at):
        move = transition(known.get(alert.fingerprint), alert)
        if move in CHANGES:
            known[alert.fingerprint] = alert
        moves.append((alert, move))
    return moves


async def _save(
    connection: AsyncConnection,
    moves: list[tuple[Alert, Transition]],
    *,
    notification_id: int,
    incident_id: UUID | None,
) -> None:
    newest = {a.fingerprint: _to_row(a, notification_id, incident_id) for a, move in moves if move in CHANGES}
    if not newest:
        return
    statement = upsert(alerts)
    columns: dict[str, Any] = {c.name: c for c in statement.excluded if c.name != "fingerprint"}
    # A resolve that comes after closure still belongs to the incident it fired in.
    columns["incident_id"] = func.coalesce(statement.excluded.incident_id, alerts.c.incident_id)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["fingerprint"], set_=columns), list(newest.values())
    )


async def _note(
    connection: AsyncConnection,
    incident_id: UUID,
    moves: list[tuple[Alert, Transition]],
    *,
    notification_id: int,
    at: datetime,
) -> None:
    names: dict[Transition, list[str]] = defaultdict(list)
    for alert, move in moves:
        if move in CHANGES:
            names[move].append(alert.name)
    if not names:
        return
    summary = "; ".join(f"{_listed(who)} {move}" for move, who in names.items())
    entry = TimelineEntry(
        incident_id=incident_id,
        at=at,
        kind=Kind.ALERT,
        actor="alertmanager",
        summary=summary,
        detail={"notification": notification_id},
        once=f"notification:{notification_id}",
    )
    await write(connection, entry)


def _listed(names: list[str]) -> str:
    shown = ", ".join(sorted(set(names))[:_NAMES_SHOWN])
    return (
        shown
        if len(names) == 1
        else f"{len(names)} alerts ({shown}{', ...' if len(set(names)) > _NAMES_SHOWN else ''})"
    )


def _opening(
    key: IncidentKey, firing: list[Alert], channel: Callable[[str], str], commander: str, at: datetime
) -> Opening:
    worst = min(firing, key=lambda a: a.severity.rank)
    return Opening(
        key=key,
        severity=worst.severity,
        team=worst.team,
        channel=channel(worst.team),
        description=(worst.annotations.get("summary") or worst.name)[:4000],
        source=Source.ALERT,
        commander=commander,
        started_at=min(a.starts_at for a in firing),
        at=at,
    )


def _lock_number(key: IncidentKey) -> int:
    digest = hashlib.sha256(f"{key.environment}\0{key.service}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _to_row(alert: Alert, notification_id: int, incident_id: UUID | None) -> dict[str, Any]:
    placed = {"notification_id": notification_id, "incident_id": incident_id}
    return alert.model_dump(exclude={"key"}) | alert.key.model_dump() | placed


def _from_row(row: RowMapping) -> Alert:
    key = IncidentKey(environment=row["environment"], service=row["service"])
    fields = Alert.model_fields.keys() - {"key"}
    return Alert(key=key, **{name: row[name] for name in fields})


async def alerts_of(connection: AsyncConnection, incident_id: UUID) -> tuple[Alert, ...]:
    """The alerts of an incident, firing ones first."""
    rows = await connection.execute(
        select(alerts).where(alerts.c.incident_id == incident_id).order_by(alerts.c.status, alerts.c.starts_at)
    )
    return tuple(_from_row(row) for row in rows.mappings())
