"""What real Alertmanagers have, beside what is known here (T1; the notes' contract, 5)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from steadyhand.domain.alert import AlertStatus
from steadyhand.domain.record import utc_now
from steadyhand.domain.transition import Transition
from steadyhand.store import reconciliations

from .conftest import Monitoring
from .world import Here, listed, post, silence, until

LABELS: dict[str, Any] = {"alertname": "Trouble", "environment": "production", "severity": "critical"}


async def test_what_was_never_delivered_opens(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1: with the exact start, worked as if it had been delivered; the sender says how it came."""
    start = utc_now() - timedelta(minutes=7)
    fingerprint = await post(monitoring.one, start=start, service=service, **LABELS)
    await here.reconcile()
    incident = await here.incident(service)
    assert abs(incident.started_at - start) < timedelta(milliseconds=1)
    assert await here.status(fingerprint) is AlertStatus.FIRING
    (line,) = await here.history(service)
    assert line.transition is Transition.NEW
    assert line.sender == f"reconcile {monitoring.one}: active there, and not known here"


async def test_a_second_look_changes_nothing(monitoring: Monitoring, here: Here, service: str) -> None:
    """Rule 3."""
    await post(monitoring.one, service=service, **LABELS)
    await here.reconcile()
    before = await here.history(service)
    again = await here.reconcile()
    assert (again.opened, again.resolved) == (0, 0)
    assert await here.history(service) == before


async def test_a_start_that_is_known_finer_than_the_api_tells_it_is_the_same_start(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: Alertmanager's API cuts instants off after the millisecond, its webhook does not."""
    start = utc_now().replace(microsecond=123_456)
    fingerprint = await post(monitoring.one, start=start, service=service, **LABELS)
    await here.webhook(fingerprint, start, service=service, **LABELS)
    await here.reconcile()
    assert [line.transition for line in await here.history(service)] == [Transition.NEW]


async def test_what_is_routed_to_somebody_else_is_not_ours(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1: Alertmanager's own routing decides."""
    await post(monitoring.one, service=service, team="elsewhere", **LABELS)
    await here.reconcile()
    assert await here.incidents(service) == ()


async def test_a_silenced_alert_opens_nothing_and_a_silenced_sibling_stays_open(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: suppressed stays open."""
    known = await post(monitoring.one, service=service, which="known", **LABELS)
    await here.reconcile()
    await silence(monitoring.one, service=service)
    await post(monitoring.one, service=service, which="sibling", **LABELS)
    found = await here.reconcile()
    assert found.kept == 0
    assert await here.status(known) is AlertStatus.FIRING
    assert [line.fingerprint for line in await here.history(service)] == [known]
    assert await here.told(service) == []


async def test_an_inhibited_alert_opens_nothing(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1."""
    await post(monitoring.one, service=service, alertname="HostDown", environment="production")
    inhibited = await post(monitoring.one, service=service, **LABELS)
    await here.reconcile()
    assert inhibited not in {line.fingerprint for line in await here.history(service)}


async def test_an_alert_that_is_resolved_here_and_active_there_fires_again(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: a resolve is a hint; what Alertmanager is told afterwards is newer. Starts are known finer."""
    start = (utc_now() - timedelta(minutes=5)).replace(microsecond=123_456)
    fingerprint = await post(monitoring.one, start=start, service=service, **LABELS)
    await here.webhook(fingerprint, start, service=service, **LABELS)
    await here.webhook(fingerprint, start, start + timedelta(minutes=1), service=service, **LABELS)
    await here.reconcile()
    assert [line.transition for line in await here.history(service)][-1] is Transition.REOPENED
    assert await here.status(fingerprint) is AlertStatus.FIRING


async def test_a_peer_that_missed_the_resolve_does_not_make_an_alert_fire_again(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: it was told of the alert before it ended, and of nothing since."""
    start = utc_now() - timedelta(minutes=5)
    fingerprint = await post(monitoring.other, start=start, service=service, **LABELS)
    await here.webhook(fingerprint, start, service=service, **LABELS)
    await here.webhook(fingerprint, start, utc_now() + timedelta(milliseconds=5), service=service, **LABELS)
    await here.reconcile()
    assert await here.status(fingerprint) is AlertStatus.RESOLVED


async def test_an_alert_that_one_peer_has_has_not_vanished(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1: alerts are not gossiped; what only one peer was told is there."""
    fingerprint = await post(monitoring.other, service=service, **LABELS)
    await here.reconcile()
    found = await here.reconcile()
    assert found.kept == 0
    assert await here.status(fingerprint) is AlertStatus.FIRING
    assert len(await here.incidents(service)) == 1


async def test_both_peers_have_an_alert_and_it_opens_once(monitoring: Monitoring, here: Here, service: str) -> None:
    """Rule 6."""
    start = utc_now()
    for peer in (monitoring.one, monitoring.other):
        await post(peer, start=start, service=service, **LABELS)
    await here.reconcile()
    assert len(await here.history(service)) == 1


async def test_two_looks_at_once_open_one_incident_once(monitoring: Monitoring, here: Here, service: str) -> None:
    """Rules 3 and 6: whoever is later finds it done."""
    await post(monitoring.one, service=service, **LABELS)
    await asyncio.gather(*(here.reconcile() for _ in range(4)))
    assert len(await here.incidents(service)) == 1
    assert [line.transition for line in await here.history(service) if line.transition is not Transition.LATE] == [
        Transition.NEW
    ]


HOSTILE = ['"}) or vector(1)', "a\0b", "\u2028", "<img src=x>", "$(reboot)", "../../etc", "x" * 50_000, "é\U0001f525"]


@pytest.mark.parametrize("value", HOSTILE)
async def test_hostile_labels_are_only_text(monitoring: Monitoring, here: Here, service: str, value: str) -> None:
    """Rule 8."""
    await post(monitoring.one, service=service, odd=value, **LABELS)
    await here.reconcile()
    await here.reconcile()
    assert len(await here.history(service)) == 1


@pytest.mark.parametrize("start", ["0000-01-01T00:00:00Z", "0001-01-02T00:00:00Z"])
async def test_an_alert_that_can_never_be_processed_is_quarantined_once_and_takes_no_sibling_with_it(
    monitoring: Monitoring, here: Here, service: str, start: str
) -> None:
    """T1: nothing is dropped in silence, and nothing comes again at every look."""
    bad = await post(monitoring.one, service=service, which="bad", start=start, **LABELS)
    await post(monitoring.one, service=service, which="good", **LABELS)
    assert bad
    for _ in range(3):
        await here.reconcile()
    assert len(await here.history(service)) == 1
    assert await here.quarantined(bad) == 1
    await post(monitoring.one, service=service, which="bad", start=start, end=utc_now(), **LABELS)


async def test_an_unknown_environment_is_quarantined_once(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1."""
    labels = LABELS | {"environment": "moon"}
    bad = await post(monitoring.one, service=service, **labels)
    await here.reconcile()
    await here.reconcile()
    assert await here.quarantined(bad) == 1
    assert await here.incidents(service) == ()


async def test_the_looks_are_kept_for_each_source(monitoring: Monitoring, here: Here) -> None:
    """T1: so that a downtime is known after a restart."""
    found = await here.reconcile()
    assert all(source.ok for source in found.sources), found
    async with here.database.transaction() as connection:
        kept = await reconciliations.latest(connection)
    assert {look.source for look in kept} == {
        f"alertmanager {monitoring.one}",
        f"alertmanager {monitoring.other}",
        f"prometheus {monitoring.prometheus}",
    }
    assert all(look.ok_at == look.looked_at == found.at and not look.problem for look in kept)


async def test_what_is_silenced_at_one_member_is_silent_at_the_other(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: silences are gossiped."""
    await silence(monitoring.one, service=service)

    async def suppressed() -> bool:
        await post(monitoring.other, service=service, **LABELS)
        return any(a["status"]["state"] == "suppressed" for a in await listed(monitoring.other, service))

    await until("the silence has reached the other member", suppressed)
    await here.reconcile()
    assert await here.incidents(service) == ()
