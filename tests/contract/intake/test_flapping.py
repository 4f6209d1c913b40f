"""Alerts that flap, and deliveries out of order (T1; contract 4)."""

from tests.contract.intake.bodies import RESOLVED, SINGLE, captured, notice, told
from tests.contract.intake.receiving import Intaking


async def test_a_flap_without_a_resolve_of_its_first_start_ends_resolved(intake: Intaking) -> None:
    await intake.replay("24_flap_startsAt_changes")
    assert (await intake.told())[1:] == ["F fires", "F resolved"]
    assert await intake.firing() == []


async def test_a_flap_with_a_new_start_supersedes_the_old_one(intake: Intaking) -> None:
    meant = await intake.meant(notice(told(start=0)), notice(told(start=60)), notice(told(start=60, end=70)))
    assert meant == [{"fires": 1}, {"fires anew": 1}, {"resolved": 1}]
    assert await intake.firing() == []


async def test_what_comes_late_of_an_older_start_is_ignored_and_recorded(intake: Intaking) -> None:
    """Out of order: the old resolve must not end the new firing, nor the old firing turn back the clock."""
    await intake.meant(notice(told(start=60)))
    assert await intake.meant(notice(told(start=0, end=30))) == [{"late, ignored": 1}]
    assert await intake.meant(notice(told(start=0))) == [{"late, ignored": 1}]
    assert await intake.firing() == ["A"]
    assert await intake.happened() == ["A fires", "A late, ignored", "A late, ignored"]
    (incident,) = await intake.incidents()
    assert incident.started_at.minute == 1


async def test_a_firing_that_its_resolve_has_overtaken_fires_again(intake: Intaking) -> None:
    """Firing after resolved with the same start: it is looked at once too often rather than missed."""
    meant = await intake.meant(notice(told(end=30)), notice(told()))
    assert meant == [{"resolved, never seen firing": 1}, {"fires again": 1}]
    assert await intake.firing() == ["A"]


async def test_firing_again_after_a_resolve_with_the_same_start_is_not_lost(intake: Intaking) -> None:
    """Contract 4: a genuine re-fire can be byte-identical to the first firing."""
    await intake.replay(SINGLE, RESOLVED)
    answer = (await intake.post(captured(SINGLE)[0])).json()
    assert answer["transitions"] == {"fires again": 1}
    assert await intake.firing() == ["PlannerContractFailureSpike"]


async def test_a_copy_of_the_old_resolve_does_not_end_what_fires_again(intake: Intaking) -> None:
    """A peer's or a retry's copy; only a resolve with a later end is news."""
    fires, ended = notice(told()), notice(told(end=30))
    await intake.meant(fires, ended, fires)
    peers_copy = ended | {"externalURL": "http://am-1.example.test"}
    assert await intake.meant(peers_copy, ended) == [{"late, ignored": 1}, {"late, ignored": 1}]
    assert await intake.firing() == ["A"]
    assert await intake.meant(notice(told(end=90))) == [{"resolved": 1}]
    assert await intake.firing() == []
    assert await intake.meant(ended) == [{"late, ignored": 1}]


async def test_within_one_notification_the_older_start_comes_first(intake: Intaking) -> None:
    """Both starts of a flap can stand in one body, in any order."""
    assert await intake.meant(notice(told(start=60), told(start=0, end=30))) == [
        {"resolved, never seen firing": 1, "fires anew": 1}
    ]
    assert await intake.firing() == ["A"]
