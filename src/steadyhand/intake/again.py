"""Another try at what is in the inbox already: notifications that wait, and the quarantined, replayed by a person."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import QuarantinedAlert
from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError, UnexpectedAnswer
from steadyhand.intake.judging import WHOLE, Judgement, judge
from steadyhand.profile import Profile
from steadyhand.store import pending, quarantine
from steadyhand.store.database import Database
from steadyhand.store.inbox import Delivery, apply
from steadyhand.store.joining import House
from steadyhand.store.pending import Pending
from steadyhand.store.quarantine import Quarantined

_log = structlog.get_logger(__name__)
_ATTEMPTS = 8
_PAUSE_SECONDS = 1.0
_WORDS = 500


def house_of(profile: Profile) -> House:
    """What an incident gets that an alert opens."""
    return House(channel=profile.channel, commander=profile.commander)


async def process_for_ever(database: Database, profile: Profile) -> None:
    """What waits in the inbox is tried again whenever it is due, until cancelled."""
    while True:
        try:
            await process_pending(database, profile)
        except TransientError as error:
            _log.warning("inbox_will_be_tried_again", reason=str(error)[:_WORDS])
        await asyncio.sleep(_PAUSE_SECONDS)


async def process_pending(database: Database, profile: Profile) -> int:
    """Everything that waits and is due was tried again: processed, waits on, or after many tries is in quarantine.

    Returns how many notifications were taken out of the queue. Raises TransientError when the database is away.
    """
    done = 0
    while True:
        async with database.transaction() as connection:
            waiting = await pending.next_pending(connection, utc_now())
            if waiting is None:
                return done
            done += await _tried(connection, waiting, profile)


async def _tried(connection: AsyncConnection, waiting: Pending, profile: Profile) -> bool:
    delivery = _delivery(waiting, _judgement(waiting.body, profile))
    try:
        async with connection.begin_nested():
            await _take_in(connection, waiting.id, delivery, house_of(profile))
    except TransientError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge: what we did not foresee costs one notification, not the inbox
        _log.error(
            "notification_waits_on", notification=waiting.id, attempt=waiting.attempts, error=repr(error)[:_WORDS]
        )
        if waiting.attempts + 1 < _ATTEMPTS:
            await pending.failed_again(connection, waiting.id)
            return False
        reason = f"tried {_ATTEMPTS} times, at last: {error!r}"[:_WORDS]
        await _take_in(connection, waiting.id, _delivery(waiting, _refused(reason)), house_of(profile))
    return True


async def _take_in(connection: AsyncConnection, number: int, delivery: Delivery, house: House) -> None:
    await apply(connection, [number], [delivery], house)
    await pending.tally(connection, number, processed=len(delivery.placed), quarantined=len(delivery.refused))


async def replay(database: Database, profile: Profile, number: int) -> Quarantined:
    """The quarantined alert, or notification, was judged again, by the profile as it is now.

    What has a place now has gone its way, and the row is settled; else it stays in quarantine with today's reason.
    Replaying what went its way changes nothing. Raises NotFound.
    """
    async with database.transaction() as connection:
        row, body = await quarantine.get(connection, number, lock=True)
        if row.settled_as != quarantine.PROCESSED:
            await _replayed(connection, row, _part(_judgement(body, profile), row.position), body, profile)
        settled, _ = await quarantine.get(connection, number)
        return settled


async def _replayed(
    connection: AsyncConnection, row: Quarantined, judgement: Judgement, body: bytes, profile: Profile
) -> None:
    if not judgement.placed and len(judgement.refused) == 1:
        await quarantine.explain(connection, row.id, judgement.refused[0].reason)
        return
    again = Delivery(body=body, sender=row.sender, at=utc_now(), placed=judgement.alerts, refused=judgement.refused)
    processed, quarantined = await pending.tallied(connection, row.notification_id)
    await apply(connection, [row.notification_id], [again], house_of(profile))
    processed += len(again.placed)
    quarantined += len(again.refused) - 1
    await pending.tally(connection, row.notification_id, processed=processed, quarantined=quarantined)
    await quarantine.settle(connection, row.id, at=again.at, as_what=quarantine.PROCESSED)


def _judgement(body: bytes, profile: Profile) -> Judgement:
    try:
        return judge(body, profile)
    except UnexpectedAnswer as error:
        return _refused(str(error))


def _refused(reason: str) -> Judgement:
    return Judgement(placed=(), refused=(QuarantinedAlert(fingerprint=WHOLE, reason=reason),))


def _part(judgement: Judgement, position: int | None) -> Judgement:
    """Of a notification that was quarantined in part, that part."""
    if position is None:
        return judgement
    return Judgement(
        placed=tuple((number, alert) for number, alert in judgement.placed if number == position),
        refused=tuple(alert for alert in judgement.refused if alert.position == position),
    )


def _delivery(waiting: Pending, judgement: Judgement) -> Delivery:
    return Delivery(
        body=waiting.body,
        sender=waiting.sender,
        at=waiting.received_at,
        placed=judgement.alerts,
        refused=judgement.refused,
    )
