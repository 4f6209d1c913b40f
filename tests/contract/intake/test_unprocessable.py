"""What can never be processed is kept with its reason and acknowledged; what is no JSON is refused (contract 2)."""

import json

import pytest

from tests.contract.intake.bodies import MULTI, Body, captured, notice, single, told
from tests.contract.intake.receiving import MAX_BODY, Intaking


@pytest.mark.parametrize("body", [b"", b"{", b"receiver=x", b"\xff\xfe\x00", b"[" * 10_000])
async def test_what_is_not_json_is_a_400_and_leaves_nothing(intake: Intaking, body: bytes) -> None:
    assert (await intake.post(body)).status_code == 400
    assert await intake.bodies() == []


@pytest.mark.parametrize("body", ['{"version": "3"}', "[]", "null", '{"version": "4", "alerts": [{}]}'])
async def test_json_that_is_no_webhook_is_quarantined_and_counted(intake: Intaking, body: str) -> None:
    """Contract 2: it can never succeed, so it is kept and acknowledged."""
    counted = 'steadyhand_notifications_total{result="quarantined"}'
    before = await intake.metric(counted)
    answer = await intake.post(body)
    assert (answer.status_code, answer.json()["quarantined"]) == (200, 1)
    assert await intake.metric(counted) == before + 1
    assert await intake.metric("steadyhand_quarantined_alerts") == 1
    (reason,) = await intake.quarantined()
    assert "not as an Alertmanager of version 4 sends it" in reason
    assert await intake.bodies() == [body.encode()]


async def test_an_alert_of_an_unknown_environment_is_quarantined_and_its_siblings_are_not(intake: Intaking) -> None:
    body: Body = json.loads(captured(MULTI)[0])
    body["alerts"][1]["labels"]["environment"] = "qa"
    answer = await intake.post(body)
    assert (answer.status_code, answer.json()["quarantined"]) == (200, 1)
    assert len(await intake.firing()) == 2
    (reason,) = await intake.quarantined()
    assert "unknown environment 'qa'" in reason


async def test_one_malformed_alert_does_not_take_its_siblings_with_it(intake: Intaking) -> None:
    body = single()
    body["alerts"].append({"status": "firing"})
    assert (await intake.post(body)).status_code == 200
    assert await intake.firing() == ["PlannerContractFailureSpike"]


async def test_a_body_over_the_limit_is_a_413(intake: Intaking) -> None:
    body = single()
    body["alerts"][0]["annotations"]["summary"] = "x" * MAX_BODY
    assert (await intake.post(body)).status_code == 413
    assert await intake.bodies() == []


async def test_a_nul_in_a_label_is_stored_as_a_replacement(intake: Intaking) -> None:
    """Postgres refuses NUL in text; the raw body keeps it."""
    body = single()
    body["alerts"][0]["labels"] |= {"alertname": "a\0b", "x\0": "\0"}
    body["alerts"][0]["annotations"]["summary"] = "\0\u2028<script>"
    assert (await intake.post(body)).status_code == 200
    assert await intake.firing() == ["a\N{REPLACEMENT CHARACTER}b"]
    assert json.loads((await intake.bodies())[0]) == body


async def test_a_nul_in_the_name_of_a_bad_label_is_quarantined(intake: Intaking) -> None:
    body = single()
    body["alerts"][0]["labels"]["a\0b"] = 5
    assert (await intake.post(body)).status_code == 200


async def test_a_lone_surrogate(intake: Intaking) -> None:
    body = single()
    body["alerts"][0]["labels"]["x"] = "\ud800"
    assert (await intake.post(body)).status_code == 200


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_start_at_the_edge_of_time_is_quarantined_not_retried_forever(intake: Intaking, start: str) -> None:
    body = single()
    body["alerts"][0]["startsAt"] = start
    assert (await intake.post(body)).status_code == 200
    assert len(await intake.quarantined()) == 1


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-14:00", "0002-01-01T00:00:00Z"])
async def test_an_end_that_is_no_instant_is_quarantined(intake: Intaking, end: str) -> None:
    (meant,) = await intake.meant(notice(told(end=end)))
    assert meant == {}
    (reason,) = await intake.quarantined()
    assert "endsAt" in reason


async def test_the_same_bad_body_twice_gets_the_same_answer_and_is_kept_twice(intake: Intaking) -> None:
    answers = [await intake.post('{"version": "3"}') for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert (await intake.counts()).quarantined_alerts == 2


async def test_a_negative_number_of_truncated_alerts_is_quarantined(intake: Intaking) -> None:
    await intake.meant(notice(told(), truncatedAlerts=-1))
    (reason,) = await intake.quarantined()
    assert "truncatedAlerts" in reason


@pytest.mark.parametrize("truncated", [2**63, 10**400], ids=["2**63", "10**400"])
async def test_an_absurd_number_of_truncated_alerts_costs_no_500(intake: Intaking, truncated: int) -> None:
    """A 500 after the commit would be repeated for ever."""
    assert (await intake.post(notice(told(), truncatedAlerts=truncated))).status_code == 200
