"""Asking every Alertmanager what it has for us. One that does not answer is believed nothing of."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from steadyhand.clients.alertmanager import RoutedAlert, receiver_names, routed_alerts
from steadyhand.clients.alertmanager_status import status_of
from steadyhand.errors import SteadyhandError, UnexpectedAnswer
from steadyhand.reconciling.sources import Peer


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one Alertmanager has. With a `problem` it has not said."""

    peer: Peer
    alerts: tuple[RoutedAlert, ...] = ()
    started_at: datetime | None = None
    config: str = ""
    problem: str = ""

    def is_complete(self, at: datetime) -> bool:
        """Whether what it does not list does not fire: right after its start it has not been told of everything."""
        return not self.problem and (self.started_at is None or self.started_at + self.peer.settling <= at)


async def ask(peers: Iterable[Peer]) -> dict[str, Answer]:
    """The answer of each, by address, asked all at once."""
    answers = await asyncio.gather(*map(_answer, peers))
    return {answer.peer.address: answer for answer in answers}


async def _answer(peer: Peer) -> Answer:
    try:
        return await _asked(peer)
    except SteadyhandError as error:
        return Answer(peer=peer, problem=str(error))


async def _asked(peer: Peer) -> Answer:
    """Raises UnexpectedAnswer when it does not know us: that it lists nothing then means nothing."""
    alerts = await routed_alerts(peer.address, peer.receivers, seconds=peer.seconds)
    if not alerts:
        names = await receiver_names(peer.address, seconds=peer.seconds)
        if not set(names) & set(peer.receivers):
            wanted = " or ".join(map(repr, peer.receivers))
            raise UnexpectedAnswer(
                f"{peer.address} has no receiver {wanted}, so nothing is known of what it routes to us; "
                "set alertmanager.receiver to the name it has there"
            )
    # After the alerts: were it started again in between, the list would be of the younger one.
    status = await status_of(peer.address, seconds=peer.seconds)
    return Answer(peer=peer, alerts=alerts, started_at=status.started_at, config=status.config.original)
