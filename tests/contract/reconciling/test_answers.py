"""What an Alertmanager answers, and what others answer in its place (T1, rule 4)."""

import asyncio
import time
from pathlib import Path
from uuid import uuid4

import pytest

from steadyhand.clients.alertmanager import routed_alerts
from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError, UnexpectedAnswer
from tests.contract.target.strange import Answering, drip, endless, never, reply, strange

from .conftest import Monitoring
from .world import Here, listed, post, post_all

CAPTURES = Path(__file__).parent / "captures"


async def test_the_answer_of_a_newer_alertmanager_is_understood() -> None:
    """T1: of 0.33, whose alerts say more than those of 0.25."""
    async with strange(reply(200, (CAPTURES / "api_v2_alerts_033.json").read_text())) as server:
        (alert,) = await routed_alerts(server.url, ["h"], seconds=1)
        assert await routed_alerts(server.url, ["somebody"], seconds=1) == ()
    assert (alert.status.state, alert.is_active) == ("suppressed", False)
    assert alert.status.silenced_by == ("13e3c366-e199-4589-9729-f3f224c08d81",)


@pytest.mark.parametrize(
    "answering",
    [
        reply(200, "<html>"),
        reply(200, "[{}]"),
        reply(200, "{}"),
        reply(200, '[{"labels": {"a": 1}}]'),
        reply(302, "", headers={"Location": "http://127.0.0.1:1/"}),
        reply(404, "no"),
        reply(200, "x", headers={"Content-Encoding": "gzip"}),
        endless,
    ],
)
async def test_whatever_else_answers_is_not_understood(answering: Answering) -> None:
    """Rule 4: and no more than the limit is read of it."""
    async with strange(answering) as server:
        with pytest.raises(UnexpectedAnswer):
            await routed_alerts(server.url, ["steadyhand"], seconds=20)


@pytest.mark.parametrize("answering", [never, drip, reply(503, "later")])
async def test_one_that_does_not_come_to_an_end_is_given_up_in_time(answering: Answering) -> None:
    """Every call has a timeout."""
    began = time.monotonic()
    async with strange(answering) as server:
        with pytest.raises(TransientError):
            await routed_alerts(server.url, ["steadyhand"], seconds=0.4)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", ["a|b", ".*", "steady hand", "é", "a&filter=b", "(", "\\"])
async def test_a_receiver_of_any_name_is_asked_for_by_that_name_only(monitoring: Monitoring, name: str) -> None:
    """T1: Alertmanager takes an expression, and another name than ours has no alerts of ours."""
    await post(monitoring.one, alertname="Trouble", environment="production", service=uuid4().hex)
    assert await listed(monitoring.one)
    assert await routed_alerts(monitoring.one, [name], seconds=2) == ()
    assert await routed_alerts(monitoring.one, [name, "steadyhand"], seconds=2)


async def test_thousands_of_alerts_that_were_never_delivered_open_one_incident_in_seconds(
    monitoring: Monitoring, here: Here, service: str
) -> None:
    """Rule 6: two thousand here; a second look at them has nothing to do."""
    labels = {"alertname": "Trouble", "environment": "production", "service": service}
    storm = [{"labels": {**labels, "instance": str(n)}} for n in range(2000)]
    await post_all(monitoring.one, storm)
    found = await here.reconcile()
    assert found.opened >= 2000
    assert len(await here.incidents(service)) == 1
    assert len(await here.history(service)) == 2000
    assert (await here.reconcile()).opened == 0
    await post_all(monitoring.one, [{**one, "endsAt": utc_now().isoformat()} for one in storm])
    assert await listed(monitoring.one, service) == []


async def test_peers_are_asked_at_once(here: Here) -> None:
    """T1: those that hang cost the time of one."""
    async with strange(never) as one, strange(never) as other:
        hanging = here.profile.alertmanager.model_copy(
            update={"url": one.url, "peers": (other.url, one.url + "/"), "timeout_seconds": 1.0}
        )
        deaf = Here(here.profile.model_copy(update={"alertmanager": hanging}), here.database)
        began = time.monotonic()
        found = await asyncio.wait_for(deaf.reconcile(), 20)
        assert time.monotonic() - began < 8
    assert [source.ok for source in found.sources] == [False, False, True]
