"""Asking a real Alertmanager which alerts are active (D5)."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from steadyhand.clients.alertmanager import active_alerts
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError, UnexpectedAnswer
from steadyhand.probes import REGISTRY
from steadyhand.probes.probe import ask
from steadyhand.profile import Alertmanager, Profile
from steadyhand.stack.ports import LOOPBACK, free_port

from .cases import case
from .strange import never, reply, strange

PROBE = REGISTRY["active_alerts"]


async def fire(settings: Alertmanager, **labels: str) -> None:
    """This alert is active."""
    async with httpx.AsyncClient() as http:
        (await http.post(f"{settings.url}/api/v2/alerts", json=[{"labels": labels}])).raise_for_status()


async def silence(settings: Alertmanager, **labels: str) -> None:
    """Alerts with these labels are silenced for an hour."""
    now = utc_now()
    body = {
        "matchers": [{"name": n, "value": v, "isRegex": False, "isEqual": True} for n, v in labels.items()],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "known",
    }
    async with httpx.AsyncClient() as http:
        (await http.post(f"{settings.url}/api/v2/silences", json=body)).raise_for_status()


@pytest.fixture
def service() -> str:
    """A service no other test has alerts of."""
    return uuid4().hex


async def test_active_alerts_are_found_by_all_of_their_labels(alertmanager: Alertmanager, service: str) -> None:
    """D5."""
    await fire(alertmanager, alertname="ToolLatencyHigh", team="ops-memory", service=service)
    await fire(alertmanager, alertname="TaskCompletionLow", team="ops-orchestrator", service=service)
    found = await active_alerts(alertmanager, {"team": "ops-memory", "service": service})
    assert [a.name for a in found] == ["ToolLatencyHigh"]
    assert {a.name for a in await active_alerts(alertmanager, {"service": service})} == {
        "ToolLatencyHigh",
        "TaskCompletionLow",
    }
    assert await active_alerts(alertmanager, {"service": "another"}) == ()


async def test_an_alert_without_a_name_is_an_alert(alertmanager: Alertmanager, service: str) -> None:
    """notes/alertmanager.md: no alertname is legal."""
    await fire(alertmanager, service=service)
    assert [a.name for a in await active_alerts(alertmanager, {"service": service})] == ["(unnamed)"]


async def test_a_silenced_alert_is_not_active(alertmanager: Alertmanager, service: str) -> None:
    """D5: somebody already knows."""
    await fire(alertmanager, alertname="ToolLatencyHigh", service=service)
    assert len(await active_alerts(alertmanager, {"service": service})) == 1
    await silence(alertmanager, service=service)
    assert await active_alerts(alertmanager, {"service": service}) == ()


@pytest.mark.parametrize(
    "value", ['a"b', "a\\", '"},{team=~".*', "a\nb", "a,b", "\u2028", "a=b", "&active=false", "x#y", "{a}"]
)
async def test_a_hostile_label_value_finds_itself_and_nothing_else(
    alertmanager: Alertmanager, service: str, value: str
) -> None:
    """Rule 8."""
    await fire(alertmanager, alertname="Other", service=service)
    assert await active_alerts(alertmanager, {"service": service, "odd": value}) == ()
    await fire(alertmanager, alertname="Odd", service=service, odd=value)
    found = await active_alerts(alertmanager, {"service": service, "odd": value})
    assert [(a.name, a.labels["odd"]) for a in found] == [("Odd", value)]


async def test_an_alertmanager_that_is_down_is_worth_another_try() -> None:
    """Rule 4."""
    down = Alertmanager(url=f"http://{LOOPBACK}:{free_port()}", timeout_seconds=1)
    with pytest.raises(TransientError, match="failed"):
        await active_alerts(down, {})
    finding = await ask(PROBE, case(Profile(alertmanager=down)), last_try=True)
    assert finding.verdict is Verdict.UNKNOWN
    assert "could not look" in finding.summary


async def test_an_alertmanager_that_never_answers_is_given_up_in_time() -> None:
    """Every call has a timeout."""
    async with strange(never) as server:
        with pytest.raises(TransientError, match=r"within 0\.4 s"):
            await active_alerts(Alertmanager(url=server.url, timeout_seconds=0.4), {})


@pytest.mark.parametrize("body", ["<html>", '{"status": "success"}', '[{"labels": {}}]'])
async def test_something_else_on_alertmanagers_port_is_unknown(body: str) -> None:
    """Rule 4: Alertmanager's old API, a proxy's page."""
    async with strange(reply(200, body)) as server:
        settings = Alertmanager(url=server.url)
        with pytest.raises(UnexpectedAnswer):
            await active_alerts(settings, {})
        finding = await ask(PROBE, case(Profile(alertmanager=settings)), last_try=False)
    assert finding.verdict is Verdict.UNKNOWN


async def test_the_probe_is_ok_without_and_bad_with_an_alert_of_the_tools_team(
    alertmanager: Alertmanager, service: str
) -> None:
    """D5: only this environment, this service and this team count."""
    asked = case(Profile(alertmanager=alertmanager), service=service)
    common = {"alertname": "ToolLatencyHigh", "service": service}
    await fire(alertmanager, **common, environment="staging", team="ops-memory")
    await fire(alertmanager, **common, environment="production", team="ops-orchestrator")
    quiet = await ask(PROBE, asked, last_try=True)
    assert (quiet.verdict, quiet.facts) == (Verdict.OK, {"active": 0})
    await fire(alertmanager, **common, environment="production", team="ops-memory")
    loud = await ask(PROBE, asked, last_try=True)
    assert (loud.verdict, loud.facts) == (Verdict.BAD, {"active": 1, "names": ["ToolLatencyHigh"]})


async def test_an_alert_with_a_name_of_many_kilobytes_is_told_in_short(
    alertmanager: Alertmanager, service: str
) -> None:
    """Rule 8, D5."""
    labels = {"environment": "production", "service": service, "team": "ops-memory"}
    await fire(alertmanager, alertname="A" * 5000, **labels)
    finding = await ask(PROBE, case(Profile(alertmanager=alertmanager), service=service), last_try=True)
    assert finding.verdict is Verdict.BAD
    assert len(finding.summary) <= 2000
