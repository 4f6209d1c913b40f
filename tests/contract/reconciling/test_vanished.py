"""What vanished from Alertmanager is checked by the levels, and not believed (T1, E3, rule 4)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from steadyhand.domain.alert import AlertStatus
from steadyhand.domain.record import utc_now
from steadyhand.domain.transition import Transition
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group
from tests.contract.target.strange import never, reply, strange

from . import world
from .conftest import Monitoring
from .world import Here, listed, post, until

LABELS: dict[str, Any] = {"alertname": "Trouble", "environment": "production"}


async def vanish(monitoring: Monitoring, here: Here, service: str, **labels: Any) -> str:
    """An alert fires here, and its Alertmanagers have it no more: its resolve was lost."""
    start = utc_now() - timedelta(minutes=3)
    fingerprint = await post(monitoring.one, start=start, service=service, **LABELS, **labels)
    await here.webhook(fingerprint, start, service=service, **LABELS, **labels)
    await post(monitoring.one, start=start, end=utc_now(), service=service, **LABELS, **labels)
    assert fingerprint not in {one["fingerprint"] for one in await listed(monitoring.one)}
    return fingerprint


async def test_with_the_levels_back_it_is_over(monitoring: Monitoring, here: Here) -> None:
    """E3: every level was back throughout the window; the sender says that this is why."""
    fingerprint = await vanish(monitoring, here, "back", which="over")

    async def over() -> bool:
        await here.reconcile()
        return await here.status(fingerprint) is AlertStatus.RESOLVED

    await until("Prometheus has looked at the target for the whole window", over, seconds=30)
    last = (await here.history("back"))[-1]
    assert last.transition is Transition.RESOLVED
    assert "levels are back" in last.sender
    assert (await here.reconcile()).resolved == 0


async def test_with_the_levels_hot_it_goes_on_and_its_incident_says_so_once(monitoring: Monitoring, here: Here) -> None:
    """E3: a resolve is a hint, and its absence none at all."""
    fingerprint = await vanish(monitoring, here, "hot", which="hot")

    async def told() -> list[object]:
        await here.reconcile()
        return [line for line in await here.told("hot") if line.detail == {"verdict": "bad"}]

    await until("the levels were looked at", told, seconds=30)
    said = await here.told("hot")
    found = await here.reconcile()
    assert found.kept == 1
    assert await here.status(fingerprint) is AlertStatus.FIRING
    assert await here.told("hot") == said
    assert "above 1" in said[-1].summary


async def test_with_the_levels_unknown_it_goes_on_and_its_incident_says_so_once(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """Rule 4: unknown is not ok."""
    fingerprint = await vanish(monitoring, here, service)
    await vanish(monitoring, here, service, which="another")
    for _ in range(3):
        assert (await here.reconcile()).kept == 2
    assert await here.status(fingerprint) is AlertStatus.FIRING
    (said,) = await here.told(service)
    assert "0 of 10 evaluation points" in said.summary


async def test_one_that_comes_back_and_vanishes_again_is_told_of_again(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: since another start it is another occurrence."""
    await vanish(monitoring, here, service)
    await here.reconcile()
    start = utc_now()
    fingerprint = await post(monitoring.one, start=start, service=service, **LABELS)
    await here.webhook(fingerprint, start, service=service, **LABELS)
    await post(monitoring.one, start=start, end=utc_now(), service=service, **LABELS)
    await here.reconcile()
    assert len(await here.told(service)) == 2


@pytest.mark.parametrize("answering", [never, reply(500, "trouble"), reply(200, "<html>"), reply(200, "[{}]")])
async def test_a_peer_that_does_not_answer_is_believed_nothing_of(
    monitoring: Monitoring, here: Here, service: str, answering: object
) -> None:
    """T1, rule 4: it may have what the other has not; and what the other has still opens."""
    fingerprint = await vanish(monitoring, here, service)
    opens = await post(monitoring.one, service=service, which="never delivered", **LABELS)
    async with strange(answering) as server:  # type: ignore[arg-type]
        half = here.profile.alertmanager.model_copy(update={"peers": (server.url,), "timeout_seconds": 0.4})
        deaf = replace(here, profile=here.profile.model_copy(update={"alertmanager": half}))
        found = await deaf.reconcile()
    assert found.kept == 0
    assert [source.source for source in found.sources if not source.ok] == [f"alertmanager {server.url}"]
    assert await here.status(fingerprint) is AlertStatus.FIRING
    assert await here.status(opens) is AlertStatus.FIRING
    assert await here.told(service) == []


async def test_an_alertmanager_that_has_just_started_was_not_told_yet(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: what fires is repeated to it every minute, and it remembers none of it over a restart."""
    await vanish(monitoring, here, service)
    young = here.profile.alertmanager.model_copy(update={"settle_seconds": 3600})
    here = replace(here, profile=here.profile.model_copy(update={"alertmanager": young}))
    assert (await here.reconcile()).kept == 0
    assert await here.told(service) == []


async def test_an_alertmanager_that_does_not_know_our_receiver_is_believed_nothing_of(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """T1: a receiver that is called otherwise there is not one without alerts."""
    await vanish(monitoring, here, service)
    misspelt = here.profile.alertmanager.model_copy(update={"receiver": "steadyhnad"})
    here = replace(here, profile=here.profile.model_copy(update={"alertmanager": misspelt}))
    found = await here.reconcile()
    assert found.kept == 0
    assert "set alertmanager.receiver" in found.sources[0].problem


@asynccontextmanager
async def own_monitoring(directory: Path, monitoring: Monitoring) -> AsyncIterator[tuple[str, str, Group]]:
    """An Alertmanager, and a Prometheus that a test may kill by leaving its group."""
    ports = free_port(), free_port()
    async with Group(restart=False, report=print) as alerting, Group(restart=False, report=print) as measuring:
        await alerting.start(world.alertmanager(directory / "alertmanager", ports[0]))
        await measuring.start(
            world.prometheus(
                directory / "prometheus",
                ports[1],
                targets={"back": monitoring.back.address},
                alertmanagers=[f"{LOOPBACK}:{ports[0]}"],
            )
        )
        yield f"http://{LOOPBACK}:{ports[0]}", f"http://{LOOPBACK}:{ports[1]}", measuring


async def test_a_dying_prometheus_ends_no_alert(monitoring: Monitoring, here: Here, tmp_path: Path) -> None:
    """Rule 4: Alertmanager takes an alert that nobody repeats for resolved; nobody knows the levels then."""
    monitoring.fire("dying")
    try:
        async with own_monitoring(tmp_path, monitoring) as (alertmanager, prometheus, measuring):
            here = replace(here, profile=world.profile_of((alertmanager,), prometheus, state=tmp_path))

            async def fires() -> bool:
                return bool(await listed(alertmanager, "dying"))

            async def vanished() -> bool:
                return not await fires()

            await until("Alertmanager has the alert", fires)
            await here.reconcile()
            fingerprint = (await listed(alertmanager, "dying"))[0]["fingerprint"]
            await measuring.stop()
            await until("Alertmanager has given the alert up", vanished, seconds=60)
            for _ in range(2):
                assert (await here.reconcile()).kept == 1
            assert await here.status(fingerprint) is AlertStatus.FIRING
            (said,) = await here.told("dying")
            assert "could not look" in said.summary
    finally:
        monitoring.calm("dying")
