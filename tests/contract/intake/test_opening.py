"""From a first notification to an open incident (T1, F1, F2; rules 2 and 6)."""

import asyncio

from steadyhand.domain.incident import Environment, Severity
from tests.contract.intake.bodies import MULTI, SINGLE, captured, notice, single, told
from tests.contract.intake.receiving import Intaking


async def test_a_first_firing_opens_an_incident(intake: Intaking) -> None:
    """T1, F1, F2."""
    await intake.replay(SINGLE)
    (incident,) = await intake.incidents()
    assert (incident.environment, incident.service) == (Environment.PRODUCTION, "planner")
    assert (incident.severity, incident.channel) == (Severity.CRITICAL, "#ops-memory")
    assert incident.started_at.isoformat() == "2026-11-23T03:08:17.847000+00:00"
    assert incident.description == "Planner contract failures spiking for planner in production"


async def test_an_older_alertmanager_says_the_same(intake: Intaking) -> None:
    """0.25, as Debian 12 ships it."""
    await intake.replay("01_firing_single_am025")
    assert await intake.firing() == ["PlannerContractFailureSpike"]


async def test_the_raw_body_is_kept_to_the_byte(intake: Intaking) -> None:
    """Rule 2."""
    await intake.replay(SINGLE)
    assert await intake.bodies() == [captured(SINGLE)[0].encode()]


async def test_environments_and_services_have_incidents_of_their_own(intake: Intaking) -> None:
    await intake.replay(SINGLE, "06_missing_severity_staging_am033")
    keys = {(i.environment, i.service) for i in await intake.incidents()}
    assert keys == {(Environment.PRODUCTION, "planner"), (Environment.STAGING, "memory")}


async def test_alerts_of_different_keys_in_one_notification_open_an_incident_each(intake: Intaking) -> None:
    """Contract 3: the key is of each alert's own labels, not of the group's."""
    await intake.meant(notice(told("A"), told("B", service="memory"), told("C", environment="staging")))
    keys = {(i.environment, i.service) for i in await intake.incidents()}
    assert keys == {("production", "planner"), ("production", "memory"), ("staging", "planner")}


async def test_a_missing_severity_is_a_warning(intake: Intaking) -> None:
    await intake.replay("06_missing_severity_staging_am033")
    (incident,) = await intake.incidents()
    assert incident.severity is Severity.WARNING


async def test_a_worse_alert_worsens_the_incident_and_an_earlier_one_begins_it(intake: Intaking) -> None:
    """F2."""
    await intake.meant(notice(told("A", start=9, severity="warning")))
    await intake.meant(notice(told("B", start=3, severity="critical")))
    (incident,) = await intake.incidents()
    assert (incident.severity, incident.started_at.second) == (Severity.CRITICAL, 3)


async def test_missing_labels_are_defaulted(intake: Intaking) -> None:
    body = single()
    body["alerts"][0] |= {"labels": {}, "annotations": {}}
    assert (await intake.post(body)).status_code == 200
    (incident,) = await intake.incidents()
    assert (incident.environment, incident.service, incident.team) == ("production", "orchestrator", "ops-orchestrator")
    assert incident.description == "(unnamed alert)"


async def test_nine_fractional_digits_are_understood_and_cut_to_milliseconds(intake: Intaking) -> None:
    """Alertmanager's own list of alerts has no more than that: told or asked for, it is the same instant."""
    body = single()
    body["alerts"][0]["startsAt"] = "2026-11-23T03:08:17.847123456Z"
    assert (await intake.post(body)).status_code == 200
    (incident,) = await intake.incidents()
    assert incident.started_at.isoformat() == "2026-11-23T03:08:17.847000+00:00"
    assert set((await intake.post(body)).json()["transitions"]) == {"repeat"}


async def test_two_posts_of_the_same_first_firing_at_once_open_one_incident(intake: Intaking) -> None:
    """Rule 6, and both are acknowledged."""
    answers = await asyncio.gather(*(intake.post(captured(SINGLE)[0]) for _ in range(6)))
    assert [a.status_code for a in answers] == [200] * 6
    assert len(await intake.incidents()) == 1
    assert len(await intake.told()) == 2


async def test_different_alerts_of_one_key_at_once_join_one_incident(intake: Intaking) -> None:
    bodies = []
    for n in range(6):
        body = single()
        body["alerts"][0]["fingerprint"] = f"{n:016x}"
        bodies.append(body)
    answers = await asyncio.gather(*map(intake.post, bodies))
    assert {a.status_code for a in answers} == {200}
    assert len(await intake.firing()) == 6


async def test_no_alerts_open_nothing(intake: Intaking) -> None:
    assert (await intake.post(single() | {"alerts": []})).status_code == 200
    assert await intake.incidents() == ()


async def test_a_group_grows_within_its_incident(intake: Intaking) -> None:
    await intake.replay(SINGLE, MULTI)
    assert len(await intake.firing()) == 4
    assert len(await intake.incidents()) == 1


async def test_500_alerts_in_one_notification_are_one_incident_and_one_line(roomy: Intaking) -> None:
    """A real body of 300 kB, as an Alertmanager without `max_alerts` sends it."""
    await roomy.replay("12_group500_am033")
    assert len(await roomy.incidents()) == 1
    assert len(await roomy.firing()) == 500
    assert len(await roomy.told()) == 2
    assert (await roomy.counts()).processed_alerts == 500
