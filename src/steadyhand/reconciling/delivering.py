"""Delivering what a look found, the same way as what Alertmanager sends (T1, rule 2)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from steadyhand.domain.alert import QuarantinedAlert
from steadyhand.domain.transition import OPENS, Transition
from steadyhand.intake.again import house_of
from steadyhand.intake.judging import judge
from steadyhand.profile import Profile
from steadyhand.reconciling.bodies import Wire, body, portions
from steadyhand.store.database import Database, refuses_content
from steadyhand.store.inbox import Delivery, deliver
from steadyhand.store.reconciliations import in_quarantine

_SENDER_LENGTH = 200
_WORDS = 500


@dataclass(kw_only=True)
class Delivering:
    """One look's deliveries. `tally` counts the transitions they were.

    What has changed since `seen_at`, the database's clock before anybody was asked, is left as it is.
    """

    profile: Profile
    database: Database
    seen_at: datetime
    now: datetime
    tally: Counter[str] = field(default_factory=Counter)

    @property
    def opened(self) -> int:
        """How many alerts fire now that did not, as far as was known."""
        return sum(self.tally[move] for move in OPENS)

    @property
    def resolved(self) -> int:
        """How many alerts are over."""
        return self.tally[Transition.RESOLVED]

    async def deliver(self, wires: Iterable[Wire], *, address: str, why: str) -> None:
        """These alerts are in the inbox with all that follows from them; `address` and `why` are kept as their sender.

        Those that can never be processed are quarantined once, and not again at every look.
        """
        for portion in portions(wires):
            await self._delivered(portion, address, why)

    async def _delivered(self, wires: Sequence[Wire], address: str, why: str) -> None:
        """What the database refuses for its content it would refuse for ever: that alert is quarantined."""
        whole = body(wires, address=address)
        judgement = judge(whole, self.profile)
        delivery = Delivery(
            body=whole,
            sender=f"reconcile {address}: {why}"[:_SENDER_LENGTH],
            at=self.now,
            placed=judgement.alerts,
            refused=await self._unheard_of([_named(one, wires) for one in judgement.refused]),
            seen_at=self.seen_at,
            told_by="reconciliation",
        )
        try:
            await self._committed(delivery)
        except DBAPIError as error:
            if not refuses_content(error):
                raise
            if len(wires) > 1:
                for wire in wires:
                    await self._delivered([wire], address, why)
                return
            reason = f"the database refuses its content: {error.orig}"[:_WORDS]
            alone = _named(QuarantinedAlert(fingerprint="", reason=reason, position=0), wires)
            await self._committed(replace(delivery, placed=(), refused=await self._unheard_of([alone])))

    async def _unheard_of(self, refused: Sequence[QuarantinedAlert]) -> tuple[QuarantinedAlert, ...]:
        """Those that are not in quarantine by their fingerprints."""
        if not refused:
            return ()
        async with self.database.transaction() as connection:
            known = await in_quarantine(connection, [one.fingerprint for one in refused])
        return tuple(one for one in refused if one.fingerprint not in known)

    async def _committed(self, delivery: Delivery) -> None:
        if delivery.placed or delivery.refused:
            async with self.database.transaction() as connection:
                (receipt,) = await deliver(connection, [delivery], house_of(self.profile))
            self.tally.update(receipt.transitions)


def _named(refused: QuarantinedAlert, wires: Sequence[Wire]) -> QuarantinedAlert:
    """With its own fingerprint: the judgement of a malformed alert names none."""
    if refused.position is None:
        return refused
    return refused.model_copy(update={"fingerprint": str(wires[refused.position]["fingerprint"])})
