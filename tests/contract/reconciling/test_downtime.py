"""What fired while nobody listened still opens, by Prometheus' own record of it (T1)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from steadyhand.domain.alert import AlertStatus
from steadyhand.domain.incident import IncidentStatus
from steadyhand.domain.record import utc_now
from steadyhand.domain.transition import Transition
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.store import incidents
from steadyhand.store.tables import notifications

from .conftest import Monitoring
from .world import Here, listed, silence, still_fires, until


async def fires(monitoring: Monitoring, service: str, **labels: str) -> str:
    """Prometheus fires an alert of this service; its fingerprint in Alertmanager."""
    monitoring.fire(service, **labels)

    async def there() -> str | None:
        found = await listed(monitoring.one, service)
        return str(found[0]["fingerprint"]) if found else None

    return await until("Alertmanager has the alert", there)


async def ends(monitoring: Monitoring, service: str, **labels: str) -> None:
    """And it is over."""
    monitoring.calm(service, **labels)

    async def gone() -> bool:
        there = [await listed(peer, service) for peer in (monitoring.one, monitoring.other)]
        return not any(there) and not await still_fires(monitoring.prometheus, service)

    await until("neither Alertmanager nor Prometheus has the alert any more", gone)


async def start_of(monitoring: Monitoring, service: str) -> datetime:
    """Since when Alertmanager has it firing."""
    return datetime.fromisoformat((await listed(monitoring.one, service))[0]["startsAt"])


async def notified(here: Here) -> int:
    """How many notifications there are."""
    async with here.database.transaction() as connection:
        return int((await connection.execute(select(func.count()).select_from(notifications))).scalar_one())


async def test_what_fired_and_ended_still_opens_with_alertmanagers_own_start_and_name(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: Alertmanager knows nothing of it any more; external labels are part of the name."""
    fingerprint = await fires(monitoring, service)
    start = await start_of(monitoring, service)
    await ends(monitoring, service)
    await here.reconcile()
    incident = await here.incident(service)
    assert incident.status is IncidentStatus.OPEN
    assert incident.started_at == start
    assert await here.status(fingerprint) is AlertStatus.RESOLVED
    lines = await here.history(service)
    assert [line.transition for line in lines] == [Transition.NEW, Transition.RESOLVED]
    assert lines[0].sender == f"reconcile {monitoring.prometheus}: fired while nobody listened"


async def test_the_next_looks_find_nothing_more(monitoring: Monitoring, long_ago: Here, service: str) -> None:
    """Rule 3: no duplicates, however often it is read."""
    await fires(monitoring, service)
    await ends(monitoring, service)
    await long_ago.reconcile()
    before = await notified(long_ago)
    for _ in range(3):
        await long_ago.reconcile()
    assert await notified(long_ago) == before
    assert len(await long_ago.history(service)) == 2


async def test_an_incident_that_was_closed_meanwhile_is_not_opened_again(
    monitoring: Monitoring, long_ago: Here, service: str
) -> None:
    """Rule 3."""
    await fires(monitoring, service)
    await ends(monitoring, service)
    await long_ago.reconcile()
    async with long_ago.database.transaction() as connection:
        await incidents.close(connection, (await long_ago.incident(service)).id, utc_now())
    await long_ago.reconcile()
    assert len(await long_ago.incidents(service)) == 1


async def test_what_still_fires_is_taken_from_alertmanager(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1: with its annotations and exact start; once."""
    fingerprint = await fires(monitoring, service)
    await here.reconcile()
    (line,) = await here.history(service)
    assert (line.fingerprint, line.transition) == (fingerprint, Transition.NEW)
    assert line.sender.startswith(f"reconcile {monitoring.one}") or line.sender.startswith(
        f"reconcile {monitoring.other}"
    )
    await ends(monitoring, service)


async def test_what_was_delivered_in_time_is_known(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1: the webhook came, and both its ends are told."""
    fingerprint = await fires(monitoring, service)
    found = (await listed(monitoring.one, service))[0]
    start = datetime.fromisoformat(found["startsAt"])
    await here.webhook(fingerprint, start, **found["labels"])
    await ends(monitoring, service)
    await here.webhook(fingerprint, start, utc_now(), **found["labels"])
    await here.reconcile()
    assert [line.transition for line in await here.history(service)] == [Transition.NEW, Transition.RESOLVED]


async def test_one_that_is_known_by_other_labels_is_not_told_twice(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: on its way to Alertmanager an alert may get labels that nobody knows of."""
    await fires(monitoring, service)
    found = (await listed(monitoring.one, service))[0]
    start = datetime.fromisoformat(found["startsAt"])
    relabelled: dict[str, Any] = {**found["labels"], "cluster": "another", "added": "by relabelling"}
    await here.webhook("0123456789abcdef", start, **relabelled)
    await ends(monitoring, service)
    await here.webhook("0123456789abcdef", start, utc_now(), **relabelled)
    await here.reconcile()
    assert {line.fingerprint for line in await here.history(service)} == {"0123456789abcdef"}


async def test_what_was_silenced_throughout_opens_nothing(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1: it would not have been delivered either."""
    await silence(monitoring.one, service=service)
    await fires(monitoring, service)
    await ends(monitoring, service)
    await here.reconcile()
    assert await here.incidents(service) == ()


async def test_what_is_routed_to_somebody_else_opens_nothing(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1: the route tree of Alertmanager's configuration decides."""
    await fires(monitoring, service, team="elsewhere")
    await ends(monitoring, service, team="elsewhere")
    await here.reconcile()
    assert await here.incidents(service) == ()


async def test_without_a_downtime_alertmanager_decides_what_is_worth_telling(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: what comes and goes within its group_wait is none."""
    await here.reconcile()
    await fires(monitoring, service)
    await ends(monitoring, service)
    await here.reconcile()
    assert await here.incidents(service) == ()


@pytest.fixture
def deaf(here: Here) -> Here:
    """Nobody answers for Alertmanager."""
    nobody = here.profile.alertmanager.model_copy(update={"url": f"http://{LOOPBACK}:{free_port()}", "peers": ()})
    return replace(here, profile=here.profile.model_copy(update={"alertmanager": nobody}))


async def test_without_any_alertmanager_what_fires_now_opens_and_is_the_same_alert_when_they_are_back(
    monitoring: Monitoring, here: Here, deaf: Here, service: str
) -> None:
    """T1: a familiar service, as nobody knows the routing; the look after that finds it as it is known."""
    known = here.profile.intake.model_copy(update={"default_service": service})
    deaf = replace(deaf, profile=deaf.profile.model_copy(update={"intake": known}))
    fingerprint = await fires(monitoring, service)
    found = await deaf.reconcile()
    assert [source.ok for source in found.sources] == [False, True]
    for _ in range(2):
        await deaf.reconcile()
    await here.reconcile()
    (line,) = await here.history(service)
    assert (line.fingerprint, line.transition) == (fingerprint, Transition.NEW)
    await ends(monitoring, service)


async def test_without_any_alertmanager_a_service_that_nobody_knows_opens_nothing(
    monitoring: Monitoring, deaf: Here, service: str
) -> None:
    """T1: it may be somebody else's."""
    await fires(monitoring, service)
    await deaf.reconcile()
    assert await deaf.incidents(service) == ()
    await ends(monitoring, service)


async def test_a_prometheus_that_was_away_is_read_back_to_the_last_good_look(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: a problem is recorded, and what it could not tell is asked for when it is back."""
    away = here.profile.prometheus.model_copy(update={"url": f"http://{LOOPBACK}:{free_port()}"})
    without = replace(here, profile=here.profile.model_copy(update={"prometheus": away}))
    await fires(monitoring, service)
    await ends(monitoring, service)
    found = await without.reconcile()
    assert "does not answer" in found.sources[-1].problem
    assert await here.incidents(service) == ()
    await here.reconcile()
    assert len(await here.incidents(service)) == 1


async def test_a_long_downtime_is_read_in_pieces(monitoring: Monitoring, here: Here, service: str) -> None:
    """T1: a day at the most, and what fired in the last minute of it is found."""
    long = here.profile.prometheus.model_copy(update={"lookback_seconds": 86400.0})
    here = replace(here, profile=here.profile.model_copy(update={"prometheus": long}))
    await fires(monitoring, service)
    await ends(monitoring, service)
    began = utc_now()
    await here.reconcile()
    assert len(await here.incidents(service)) == 1
    assert utc_now() - began < timedelta(seconds=20)
