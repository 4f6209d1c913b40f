"""What a notification seems to say and does not (T1; the notes on meaning; rule 4)."""

import json

from tests.contract.intake.bodies import MULTI, SINGLE, Body, captured, notice, single, told
from tests.contract.intake.receiving import Intaking


async def test_an_alert_missing_from_a_notification_means_nothing(intake: Intaking) -> None:
    await intake.replay(MULTI)
    assert len(await intake.firing()) == 4
    assert await intake.meant(captured(SINGLE)[0]) == [{"repeat": 1}]
    assert len(await intake.firing()) == 4


async def test_the_status_at_the_top_decides_nothing(intake: Intaking) -> None:
    """With truncation or a silence it says resolved while alerts fire."""
    await intake.post(single() | {"status": "resolved", "truncatedAlerts": 7})
    assert await intake.firing() == ["PlannerContractFailureSpike"]


async def test_truncated_alerts_are_counted_and_end_nothing(intake: Intaking) -> None:
    before = await intake.metric("steadyhand_truncated_alerts_total")
    await intake.replay(MULTI)
    body: Body = json.loads(captured(MULTI)[-1])
    cut = body | {"alerts": body["alerts"][:1], "truncatedAlerts": 3}
    assert await intake.meant(cut) == [{"repeat": 1}]
    assert len(await intake.firing()) == 4
    assert await intake.metric("steadyhand_truncated_alerts_total") == before + 3


async def test_a_silenced_or_inhibited_sibling_fires_on(intake: Intaking) -> None:
    """It is left out of the notification, whose top then says resolved: only what is named has ended."""
    await intake.meant(notice(told("Loud"), told("Silenced")))
    await intake.meant(notice(told("Loud", end=60), status="resolved"))
    assert await intake.firing() == ["Silenced"]


async def test_a_false_resolve_closes_nothing_and_the_alert_fires_again_in_its_incident(intake: Intaking) -> None:
    """Prometheus dying, or a target going away, sends resolves too; then it fires on, with the start it had."""
    await intake.meant(notice(told()))
    (incident,) = await intake.incidents()
    await intake.meant(notice(told(end=300)))
    assert await intake.incidents() == (incident,)
    assert await intake.meant(notice(told())) == [{"fires again": 1}]
    assert await intake.incidents() == (incident,)
    assert await intake.happened() == ["A fires", "A resolved", "A fires again"]
