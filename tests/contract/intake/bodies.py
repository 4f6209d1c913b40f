"""Webhook bodies: what real Alertmanagers sent (captures/), and ones written here in the same form."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

CAPTURES = Path(__file__).parent / "captures"
SINGLE, MULTI = "01_firing_single_am033", "02_firing_multi_am033"
PARTIAL, RESOLVED = "03_partial_resolved_am033", "05_resolved_all_am033"
NO_END = "0001-01-01T00:00:00Z"
T0 = datetime.fromisoformat("2026-11-23T03:00:00+00:00")
Body = dict[str, Any]


def captured(name: str) -> list[str]:
    """The exact bodies of a capture, in order."""
    requests = json.loads((CAPTURES / f"{name}.json").read_text())["requests"]
    return [request["body"] for request in requests]


def single() -> Body:
    """One firing alert of a real Alertmanager, to be changed."""
    body: Body = json.loads(captured(SINGLE)[0])
    return body


def instant(seconds: int) -> str:
    """So many seconds after T0, as Alertmanager writes it."""
    return f"{T0 + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}Z"


def told(
    name: str = "A", *, start: int = 0, end: int | str | None = None, service: str = "planner", **labels: str
) -> Body:
    """One alert as it is sent: it fires since `start` seconds after T0, or is resolved, at `end`."""
    labels = {"alertname": name, "environment": "production", "service": service} | labels
    return {
        "status": "firing" if end is None else "resolved",
        "labels": labels,
        "annotations": {"summary": f"{name} of {service}"},
        "startsAt": instant(start),
        "endsAt": NO_END if end is None else instant(end) if isinstance(end, int) else end,
        "generatorURL": "http://prometheus.example.test/graph",
        "fingerprint": hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16],
    }


def notice(*alerts: Body, **fields: Any) -> Body:
    """A notification of these alerts."""
    firing = any(alert["status"] == "firing" for alert in alerts)
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "receiver": "steadyhand",
        "status": "firing" if firing else "resolved",
        "alerts": list(alerts),
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://am-0.example.test",
    } | fields
