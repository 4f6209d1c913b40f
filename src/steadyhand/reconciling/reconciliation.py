"""One look at everybody who knows of alerts, and what follows from it (T1)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field

from steadyhand.domain.incident import Environment
from steadyhand.domain.record import AwareDatetime, Record
from steadyhand.profile import Profile
from steadyhand.reconciling import bodies
from steadyhand.reconciling.asking import Answer, ask
from steadyhand.reconciling.catching_up import catch_up
from steadyhand.reconciling.comparing import arriving, vanished
from steadyhand.reconciling.delivering import Delivering
from steadyhand.reconciling.sources import cluster, peers, servers
from steadyhand.reconciling.vanishing import settle
from steadyhand.store import alerts, reconciliations
from steadyhand.store.database import Database
from steadyhand.store.reconciliations import Look

_WHY = "active there, and not known here"


class Seen(Record):
    """One source, and why it could not be asked, if so."""

    source: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether it said what it has."""
        return not self.problem


class Reconciliation(Record):
    """What a look came to, in numbers of alerts."""

    at: AwareDatetime
    sources: tuple[Seen, ...]
    opened: int = Field(default=0, description="They fire, and that was not known.")
    resolved: int = Field(default=0, description="They are over.")
    kept: int = Field(default=0, description="They have vanished, and count as firing: the levels are not back.")
    unchanged: int = Field(default=0, description="They are there as they are known here, or silent.")


async def reconcile(profile: Profile, database: Database, now: datetime) -> Reconciliation:
    """What Alertmanager and Prometheus have and was never delivered is; what vanished is settled by the levels.

    Repeating it changes nothing, and neither does doing it twice at once. What arrives meanwhile is newer than the
    look, and stands. Whoever does not answer is recorded, and believed nothing of. Raises TransientError when the
    database is away.
    """
    async with database.transaction() as connection:
        seen_at = await alerts.clock(connection)
        firing = await alerts.firing(connection)
    delivering = Delivering(profile=profile, database=database, seen_at=seen_at, now=now)
    asked = await ask(peers(profile))
    news = await _arrived(delivering, asked)
    clusters = {name: cluster(profile, name) for name in Environment}
    kept = await settle(delivering, vanished(firing, asked, clusters, seen_at))
    seen = [Seen(source=answer.peer.source, problem=answer.problem) for answer in asked.values()]
    seen += await _caught_up(delivering, asked)
    await _record(database, seen, now)
    there = {alert.fingerprint for answer in asked.values() for alert in answer.alerts}
    return Reconciliation(
        at=now,
        sources=tuple(seen),
        opened=delivering.opened,
        resolved=delivering.resolved,
        kept=kept,
        unchanged=len(there) - news,
    )


async def _arrived(delivering: Delivering, asked: Mapping[str, Answer]) -> int:
    """What is active there and news here is delivered. Returns how many alerts that is."""
    fingerprints = {alert.fingerprint for answer in asked.values() for alert in answer.alerts}
    async with delivering.database.transaction() as connection:
        known = await alerts.known(connection, fingerprints)
    found = arriving(asked, known)
    for address, news in found.items():
        wires = (bodies.firing(alert, before) for alert, before in news)
        await delivering.deliver(wires, address=address, why=_WHY)
    return sum(map(len, found.values()))


async def _caught_up(delivering: Delivering, asked: Mapping[str, Answer]) -> list[Seen]:
    """Every Prometheus was asked what fired while nobody listened."""
    async with delivering.database.transaction() as connection:
        last = {look.source: look for look in await reconciliations.latest(connection)}
    return [
        Seen(source=server.source, problem=await catch_up(delivering, server, last.get(server.source), asked))
        for server in servers(delivering.profile)
    ]


async def _record(database: Database, seen: Iterable[Seen], at: datetime) -> None:
    looks = [Look(source=one.source, looked_at=at, ok_at=at if one.ok else None, problem=one.problem) for one in seen]
    async with database.transaction() as connection:
        await reconciliations.record(connection, looks)
