"""What is in quarantine is listed, shown, and replayed once it can be processed (contract 2; rules 2 and 6)."""

import asyncio
import json

import pytest

from steadyhand.domain.record import utc_now
from steadyhand.errors import NotFound
from steadyhand.intake.again import replay
from steadyhand.profile import Intake, Profile
from steadyhand.store import quarantine
from steadyhand.store.quarantine import Quarantined
from tests.contract.intake.bodies import notice, told
from tests.contract.intake.receiving import Intaking

AFAR = notice(told("Near"), told("Far", environment="prod"))


def corrected(intake: Intaking) -> Profile:
    """The receiver's profile, with what `prod` stands for."""
    settings = Intake.model_validate({"environment_names": {"prod": "production"}})
    return intake.profile.model_copy(update={"intake": settings})


async def listed(intake: Intaking, *, open_only: bool = True) -> tuple[Quarantined, ...]:
    async with intake.database.transaction() as connection:
        return await quarantine.listed(connection, open_only=open_only, limit=10)


async def test_a_quarantined_alert_is_listed_with_its_reason_and_shown_with_its_body(intake: Intaking) -> None:
    await intake.meant(AFAR)
    (row,) = await listed(intake)
    assert "unknown environment 'prod'" in row.reason
    assert "intake.environment_names" in row.reason
    assert (row.notification_id, row.position) == (1, 1)
    assert row.fingerprint == AFAR["alerts"][1]["fingerprint"]
    async with intake.database.transaction() as connection:
        shown, body = await quarantine.get(connection, row.id)
    assert shown == row
    assert json.loads(body) == AFAR


async def test_a_quarantined_alert_goes_its_way_once_the_profile_knows_its_environment(intake: Intaking) -> None:
    await intake.meant(AFAR)
    assert await intake.firing() == ["Near"]
    (row,) = await listed(intake)
    settled = await replay(intake.database, corrected(intake), row.id)
    assert settled.settled_as == "processed"
    assert await listed(intake) == ()
    assert await listed(intake, open_only=False) == (settled,)
    assert await intake.firing() == ["Far", "Near"]
    assert await intake.happened() == ["Near fires", "Far fires"]
    counts = await intake.counts()
    assert (counts.stored_alerts, counts.processed_alerts, counts.quarantined_alerts) == (2, 2, 0)


async def test_what_a_replay_adds_is_told_on_the_timeline(intake: Intaking) -> None:
    await intake.meant(AFAR)
    (row,) = await listed(intake)
    await replay(intake.database, corrected(intake), row.id)
    assert (await intake.told())[1:] == ["Near fires", "Far fires"]


async def test_a_replay_opens_the_incident_that_was_missed(intake: Intaking) -> None:
    await intake.meant(notice(told(environment="prod")))
    assert await intake.incidents() == ()
    (row,) = await listed(intake)
    await replay(intake.database, corrected(intake), row.id)
    assert await intake.firing() == ["A"]


async def test_replaying_twice_and_two_at_once_change_nothing_more(intake: Intaking) -> None:
    """Rule 3 in spirit: whoever is second finds it done."""
    await intake.meant(notice(told(environment="prod")))
    (row,) = await listed(intake)
    profile = corrected(intake)
    await asyncio.gather(*(replay(intake.database, profile, row.id) for _ in range(4)))
    told_once, happened_once = await intake.told(), await intake.happened()
    settled = await replay(intake.database, profile, row.id)
    assert settled.settled_as == "processed"
    assert (await intake.told(), await intake.happened()) == (told_once, happened_once)
    assert happened_once == ["A fires"]
    assert (await intake.counts()).processed_alerts == 1


async def test_a_replay_that_comes_late_does_not_undo_what_is_known_since(intake: Intaking) -> None:
    """Contract 4: older than what is known, so it is ignored, and recorded."""
    far = told(environment="prod")
    await intake.meant(notice(far))
    near = told(start=60) | {"fingerprint": far["fingerprint"]}
    await intake.meant(notice(near))
    (row,) = await listed(intake)
    settled = await replay(intake.database, corrected(intake), row.id)
    assert settled.settled_as == "processed"
    assert await intake.happened() == ["A fires", "A late, ignored"]
    (incident,) = await intake.incidents()
    assert incident.started_at.minute == 1


async def test_a_replay_that_still_has_no_place_stays_with_todays_reason(intake: Intaking) -> None:
    await intake.meant(notice(told(environment="prod", service="x" * 201)))
    (row,) = await listed(intake)
    again = await replay(intake.database, corrected(intake), row.id)
    assert again.settled_at is None
    assert "service label" in again.reason
    assert await listed(intake) == (again,)
    counts = await intake.counts()
    assert (counts.quarantined_alerts, counts.quarantine_waiting) == (1, 1)


async def test_of_two_quarantined_siblings_only_the_one_that_is_meant_is_replayed(intake: Intaking) -> None:
    await intake.meant(notice(told("One", environment="prod"), told("Two", environment="prod")))
    two, one = await listed(intake)
    await replay(intake.database, corrected(intake), one.id)
    assert await intake.firing() == ["One"]
    assert await listed(intake) == (two,)
    counts = await intake.counts()
    assert (counts.processed_alerts, counts.quarantined_alerts) == (1, 1)


async def test_a_whole_notification_that_is_no_webhook_stays_and_says_why(intake: Intaking) -> None:
    await intake.post('{"version": "3"}')
    (row,) = await listed(intake)
    assert row.position is None
    assert (await replay(intake.database, intake.profile, row.id)).settled_at is None
    assert (await intake.counts()).quarantined_alerts == 1


async def test_what_a_person_discarded_is_counted_waits_for_nobody_and_can_still_be_replayed(
    intake: Intaking,
) -> None:
    await intake.meant(notice(told(environment="prod")))
    (row,) = await listed(intake)
    async with intake.database.transaction() as connection:
        await quarantine.settle(connection, row.id, at=utc_now(), as_what="discarded by Ada: a test")
    counts = await intake.counts()
    assert (counts.quarantined_alerts, counts.quarantine_waiting) == (1, 0)
    assert (await replay(intake.database, corrected(intake), row.id)).settled_as == "processed"
    assert await intake.firing() == ["A"]
    assert (await intake.counts()).quarantined_alerts == 0


async def test_what_was_never_in_quarantine_is_not_found(intake: Intaking) -> None:
    with pytest.raises(NotFound, match="there is no 7 in quarantine"):
        await replay(intake.database, intake.profile, 7)
