"""The bodies that are sent are those that Alertmanager sends."""

import json
from collections import Counter
from itertools import islice

import pytest

from benchmarks.bodies import (
    MIXES,
    ONE_SERVICE,
    Body,
    as_in_real_life,
    captures,
    new_alerts,
    repeats,
    retold,
    ten_alerts,
)
from steadyhand.domain.alert import Notification, WireAlert

MANY = 300


def bodies(mix: str, number: int = MANY, seed: int = 1) -> list[Body]:
    """The first bodies of a mix."""
    return [json.loads(body) for body in islice(MIXES[mix](seed), number)]


def fingerprints(found: list[Body]) -> list[str]:
    """Of every alert, in order."""
    return [alert["fingerprint"] for body in found for alert in body["alerts"]]


@pytest.mark.parametrize("mix", MIXES)
def test_every_body_is_a_notification_and_every_alert_in_it_whole(mix: str) -> None:
    for body in islice(MIXES[mix](1), MANY):
        for alert in Notification.model_validate_json(body).alerts:
            WireAlert.model_validate(alert)


@pytest.mark.parametrize("mix", MIXES)
def test_the_same_seed_gives_the_same_bytes_and_another_tells_of_other_alerts(mix: str) -> None:
    assert list(islice(MIXES[mix](3), 100)) == list(islice(MIXES[mix](3), 100))
    assert not set(fingerprints(bodies(mix, seed=3))) & set(fingerprints(bodies(mix, seed=4)))


def test_in_real_life_two_thirds_of_the_bodies_repeat_and_all_that_can_happen_happens() -> None:
    """Firing and resolved, both environments, 35 incident keys."""
    seen = Counter(islice(as_in_real_life(1), 3000))
    assert 0.6 < 1 - len(seen) / seen.total() < 0.7
    alerts = [alert for body in seen for alert in json.loads(body)["alerts"]]
    assert {alert["status"] for alert in alerts} == {"firing", "resolved"}
    keys = {(alert["labels"]["environment"], alert["labels"]["service"]) for alert in alerts}
    assert len(keys) == 35
    assert {environment for environment, _ in keys} == {"production", "staging"}


def test_a_story_is_told_in_its_own_order() -> None:
    """The instants at which one alert starts never go back: nothing is late by our own doing."""
    latest: dict[str, str] = {}
    for body in islice(as_in_real_life(1), 1500):
        for alert in json.loads(body)["alerts"]:
            assert alert["startsAt"] >= latest.get(alert["fingerprint"], "")
            latest[alert["fingerprint"]] = alert["startsAt"]


def test_the_extreme_mixes_are_what_they_are_called() -> None:
    assert len(set(fingerprints([json.loads(b) for b in islice(new_alerts(1), MANY)]))) == MANY
    assert len(set(islice(repeats(1), MANY))) == 64
    ten = [json.loads(b) for b in islice(ten_alerts(1), 50)]
    assert all(len(body["alerts"]) == 10 for body in ten)
    assert len(set(fingerprints(ten))) == 500
    storm = bodies("one service")
    assert {(a["labels"]["environment"], a["labels"]["service"]) for b in storm for a in b["alerts"]} == {
        ("production", ONE_SERVICE)
    }


def test_the_same_alert_of_another_service_is_another_alert() -> None:
    """A fingerprint is a hash of the labels: else one benchmark's incident would be a repeat of another's."""
    body = captures()["01_firing_single_am033"][0]
    here, there = (json.loads(retold(body, 2, service=name)) for name in ("a", "b"))
    assert fingerprints([here]) != fingerprints([there])
