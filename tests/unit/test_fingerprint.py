"""Alertmanager's fingerprint, beside those that real Alertmanagers gave."""

import json
from pathlib import Path
from typing import Any

import pytest

from steadyhand.domain.fingerprint import fingerprint

CONTRACT = Path(__file__).parents[1] / "contract"


def captured() -> list[dict[str, Any]]:
    """Every alert that a capture holds."""
    found: list[dict[str, Any]] = []
    for path in sorted(CONTRACT.glob("*/captures/*.json")):
        whole = json.loads(path.read_text())
        bodies = [json.loads(r["body"]) for r in whole["requests"]] if isinstance(whole, dict) else [{"alerts": whole}]
        found += [alert for body in bodies for alert in body.get("alerts", ()) if "fingerprint" in alert]
    return found


def test_it_is_the_one_of_every_captured_alert() -> None:
    alerts = captured()
    assert len(alerts) > 20
    assert [fingerprint(a["labels"]) for a in alerts] == [a["fingerprint"] for a in alerts]


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": "bc"}, {"ab": "c"}), ({"a": "b", "c": ""}, {"a": "b"}), ({"a": "é"}, {"a": "e\u0301"})],
)
def test_other_labels_have_another(one: dict[str, str], other: dict[str, str]) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_the_order_of_the_labels_does_not_matter() -> None:
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})


def test_no_labels_have_one_too() -> None:
    assert fingerprint({}) == "cbf29ce484222325"
