"""What alerts do to incidents: open one, join the open one, and leave a line on its timeline (F1, rule 6)."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.incident import Source
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.domain.transition import CHANGES, OPENS, Transition
from steadyhand.store import incidents
from steadyhand.store.alerts import Move
from steadyhand.store.incidents import Opening
from steadyhand.store.timeline import write

_NAMES_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class House:
    """What an incident gets that an alert opens."""

    channel: Callable[[str], str]
    commander: str


async def opened_or_joined(connection: AsyncConnection, moves: list[Move], house: House) -> dict[IncidentKey, UUID]:
    """The open incident of each key, opened or joined where an alert opens one."""
    opening: dict[IncidentKey, list[Move]] = defaultdict(list)
    for move in moves:
        if move.transition in OPENS:
            opening[move.state.key].append(move)
    belongs = {}
    for key in {move.state.key for move in moves if move.transition is not Transition.REPEAT}:
        if key in opening:
            belongs[key] = await incidents.open_or_join(connection, _opening(key, opening[key], house))
        elif existing := await incidents.open_id(connection, key):
            belongs[key] = existing
    return belongs


async def note(connection: AsyncConnection, moves: list[Move], still_open: Collection[UUID]) -> None:
    """One line for each open incident, whatever the number of notifications that were committed together."""
    told: dict[UUID, list[Move]] = defaultdict(list)
    for move in moves:
        if (incident_id := move.incident_id) in still_open and incident_id and move.transition in CHANGES:
            told[incident_id].append(move)
    for incident_id, happened in told.items():
        names: dict[Transition, list[str]] = defaultdict(list)
        for move in happened:
            names[move.transition].append(move.state.name)
        first = happened[0]
        entry = TimelineEntry(
            incident_id=incident_id,
            at=first.at,
            kind=Kind.ALERT,
            actor=first.told_by,
            summary="; ".join(f"{_listed(who)} {transition}" for transition, who in names.items()),
            detail={"notification": first.notification_id},
            once=f"notification:{first.notification_id} at {first.at.isoformat()}",
        )
        await write(connection, entry)


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    different = sorted(set(names))
    more = ", ..." if len(different) > _NAMES_SHOWN else ""
    return f"{len(names)} alerts ({', '.join(different[:_NAMES_SHOWN])}{more})"


def _opening(key: IncidentKey, firing: list[Move], house: House) -> Opening:
    worst = min((move.state for move in firing), key=lambda a: a.severity.rank)
    return Opening(
        key=key,
        severity=worst.severity,
        team=worst.team,
        channel=house.channel(worst.team),
        description=(worst.annotations.get("summary") or worst.name)[:4000],
        source=Source.ALERT,
        commander=house.commander,
        started_at=min(move.state.starts_at for move in firing),
        at=firing[0].at,
    )
