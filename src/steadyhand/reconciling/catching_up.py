"""What fired while nobody listened, by Prometheus' own record of it (T1)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from steadyhand.clients.past_silences import PastSilence, past_silences
from steadyhand.errors import SteadyhandError
from steadyhand.reconciling import bodies
from steadyhand.reconciling.asking import Answer
from steadyhand.reconciling.delivering import Delivering
from steadyhand.reconciling.fired import answers, fired
from steadyhand.reconciling.ours import ours, understood
from steadyhand.reconciling.sources import Server
from steadyhand.reconciling.unheard import unheard
from steadyhand.store.reconciliations import Look, firing_since, services

_FARTHEST = timedelta(hours=24)
_OVERLAP = timedelta(minutes=1)
_LOOKS_MISSED = 2
_WHY = "fired while nobody listened"


@dataclass(frozen=True, kw_only=True)
class Downtime:
    """Since when alerts may have been missed, and what the Alertmanagers of this Prometheus say now."""

    since: datetime
    told: Sequence[Answer]


async def catch_up(delivering: Delivering, server: Server, last: Look | None, asked: Mapping[str, Answer]) -> str:
    """What fired since the last look and was never told of is delivered; the problem in words, or nothing.

    Only after a downtime, of ours or of every Alertmanager: in between, Alertmanager decides what is worth telling.
    """
    told = [asked[address] for address in server.peers if address in asked and not asked[address].problem]
    try:
        since = _since(delivering, server, last, deaf=not told)
        if since is None:
            await answers(server.settings, delivering.now)
        else:
            await _deliver(delivering, server, Downtime(since=since, told=told))
    except SteadyhandError as error:
        return str(error)
    return ""


def _since(delivering: Delivering, server: Server, last: Look | None, *, deaf: bool) -> datetime | None:
    """From when on to read; None where nothing can have been missed."""
    now = delivering.now
    if last is None or last.ok_at is None:
        return now - timedelta(seconds=server.settings.lookback_seconds)
    every = timedelta(seconds=delivering.profile.alertmanager.reconcile_seconds)
    if not deaf and now - last.ok_at <= _LOOKS_MISSED * every:
        return None
    return max(last.ok_at - _OVERLAP, now - _FARTHEST)


async def _deliver(delivering: Delivering, server: Server, downtime: Downtime) -> None:
    episodes = await fired(server.settings, downtime.since, delivering.now)
    async with delivering.database.transaction() as connection:
        known = await firing_since(connection, downtime.since - _OVERLAP)
        familiar = await services(connection)
    listed = [alert for answer in downtime.told for alert in answer.alerts]
    routings = await asyncio.to_thread(understood, downtime.told)  # seconds for a long configuration
    is_ours = ours(delivering.profile, routings, familiar)
    missed = unheard(episodes, known, listed, await _silences(downtime.told))
    wires = chain.from_iterable(
        bodies.fired(one.fingerprint, one.labels, one.first, one.last if one.is_over else None)
        for one in missed
        if is_ours(one.labels)
    )
    await delivering.deliver(wires, address=server.settings.url, why=_WHY)


async def _silences(told: Sequence[Answer]) -> tuple[PastSilence, ...]:
    """Those of every Alertmanager that tells; one that does not silences nothing."""
    found: list[PastSilence] = []
    for answer in told:
        try:
            found += await past_silences(answer.peer.address, seconds=answer.peer.seconds)
        except SteadyhandError:
            continue
    return tuple(found)
