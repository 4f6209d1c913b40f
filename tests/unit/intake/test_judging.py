"""What a body says: every alert is placed, or refused with the reason (T1; contract 2 and 3)."""

import json
from typing import Any

import pytest

from steadyhand.domain.alert import Alert
from steadyhand.errors import UnexpectedAnswer
from steadyhand.intake.judging import WHOLE, Judgement, judge
from steadyhand.profile import Intake, Profile, Prometheus

Body = dict[str, Any]


def told(**labels: Any) -> Body:
    return {
        "status": "firing",
        "labels": {"alertname": "A", "environment": "production", "service": "planner"} | labels,
        "startsAt": "2026-11-23T03:08:17.847Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "7baf65db1c7773cc",
    }


def judged(*alerts: Any, profile: Profile | None = None, **fields: Any) -> Judgement:
    body = {"version": "4", "groupKey": "{}", "alerts": alerts} | fields
    return judge(json.dumps(body).encode(), profile or Profile())


def placed(**labels: Any) -> Alert:
    (alert,) = judged(told(**labels)).alerts
    return alert


def test_the_key_is_of_the_alerts_own_labels() -> None:
    alert = placed(environment="staging", service="memory")
    assert (alert.key.environment, alert.key.service) == ("staging", "memory")


def test_missing_labels_get_the_profiles_defaults() -> None:
    intake = Intake.model_validate({"default_environment": "staging", "default_service": "s", "default_team": "t"})
    bare = told() | {"labels": {}}
    (alert,) = judged(bare, profile=Profile(intake=intake)).alerts
    assert (alert.key.environment, alert.key.service, alert.team) == ("staging", "s", "t")


def test_other_names_of_labels_and_environments_are_the_profiles() -> None:
    intake = Intake.model_validate({"environment_names": {"prod": "production"}})
    names = Prometheus(environment_label="env", service_label="app")
    profile = Profile(intake=intake, prometheus=names)
    (alert,) = judged(told(env="prod", app="planner-2"), profile=profile).alerts
    assert (alert.key.environment, alert.key.service) == ("production", "planner-2")


@pytest.mark.parametrize("severity", ["", "CRITICAL", "page", "\0"])
def test_an_unknown_severity_is_a_warning(severity: str) -> None:
    assert placed(severity=severity).severity == "warning"


def test_each_alert_is_judged_by_itself_and_keeps_its_position() -> None:
    judgement = judged(told(), 5, told(environment="moon"), told(service="memory"), {"status": "firing"})
    assert [(position, alert.key.service) for position, alert in judgement.placed] == [(0, "planner"), (3, "memory")]
    assert [refused.position for refused in judgement.refused] == [1, 2, 4]
    assert "unknown environment 'moon'" in judgement.refused[1].reason


def test_a_reason_never_quotes_what_was_sent_at_length() -> None:
    """Rule 8: it is shown to people, and kept."""
    (refused,) = judged(told(environment="x" * 100_000)).refused
    assert len(refused.reason) < 500


@pytest.mark.parametrize(
    "fields",
    [{"version": "3"}, {"version": 4}, {"alerts": {}}, {"alerts": None}, {"groupKey": 5}, {"truncatedAlerts": -1}],
)
def test_what_is_no_notification_is_refused_as_a_whole(fields: Body) -> None:
    (refused,) = judged(told(), **fields).refused
    assert (refused.fingerprint, refused.position) == (WHOLE, None)
    assert next(iter(fields)) in refused.reason


def test_unknown_fields_are_ignored() -> None:
    """0.32 added `notification_reason`, 0.34 `routeLabels`."""
    future = told() | {"silenceURL": "http://am.example.test"}
    assert len(judged(future, routeLabels={}, notification_reason="x").placed) == 1


def test_how_many_were_kept_back_is_told() -> None:
    assert judged(told(), truncatedAlerts=9).truncated == 9


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_an_unexpected_answer(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="the body is not JSON"):
        judge(body, Profile())
