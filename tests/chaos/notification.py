"""Bodies as Alertmanager writes them (version 4), with what they must make known once they are acknowledged."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from steadyhand.domain.alert import AlertStatus, IncidentKey

_NO_END = "0001-01-01T00:00:00Z"
_HERE, _PEER = b"http://am-0.", b"http://am-1."


@dataclass(frozen=True, kw_only=True)
class SentAlert:
    """One alert as it is sent."""

    fingerprint: str
    key: IncidentKey
    status: AlertStatus
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A body, the alerts in it that can be processed, and how many things in it never can."""

    body: bytes
    alerts: tuple[SentAlert, ...]
    unprocessable: int = 0

    def from_a_peer(self) -> "Composed":
        """The same notification from the other Alertmanager of the pair; only `externalURL` differs."""
        return replace(self, body=self.body.replace(_HERE, _PEER))


def told(key: IncidentKey, alerts: Iterable[SentAlert]) -> Composed:
    """These alerts of one group."""
    alerts = tuple(alerts)
    return Composed(body=_body(key, [_wire(alert) for alert in alerts]), alerts=alerts)


def with_a_stray(key: IncidentKey, alerts: Iterable[SentAlert]) -> Composed:
    """These alerts, and before them one of an environment that nobody knows."""
    alerts = tuple(alerts)
    stray = {
        "status": "firing",
        "labels": {"alertname": "Stray", "environment": "moon"},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": _NO_END,
        "fingerprint": fingerprint("stray", key, 0),
    }
    return Composed(body=_body(key, [stray, *map(_wire, alerts)]), alerts=alerts, unprocessable=1)


def garbled(key: IncidentKey) -> Composed:
    """A notification of a version that nobody knows."""
    return Composed(body=_body(key, [], version="5"), alerts=(), unprocessable=1)


def fingerprint(sender: str, key: IncidentKey, number: int) -> str:
    """Of one alert of one sender: no other sends it."""
    return hashlib.sha256(f"{sender}/{key.environment}/{key.service}/{number}".encode()).hexdigest()[:16]


def _wire(alert: SentAlert) -> dict[str, Any]:
    labels = {
        "alertname": f"Chaos{alert.fingerprint[:4].upper()}",
        "environment": alert.key.environment.value,
        "service": alert.key.service,
        "severity": "warning",
        "team": "ops-orchestrator",
    }
    return {
        "status": alert.status.value,
        "labels": labels,
        "annotations": {"summary": f"{labels['alertname']} in {alert.key.environment}/{alert.key.service}"},
        "startsAt": alert.starts_at.isoformat(),
        "endsAt": alert.ends_at.isoformat() if alert.ends_at else _NO_END,
        "generatorURL": "http://prometheus.example.test/graph",
        "fingerprint": alert.fingerprint,
    }


def _body(key: IncidentKey, alerts: list[dict[str, Any]], *, version: str = "4") -> bytes:
    labels = {"environment": key.environment.value, "service": key.service}
    firing = any(alert["status"] == "firing" for alert in alerts)
    notification = {
        "receiver": "steadyhand",
        "status": "firing" if firing else "resolved",
        "alerts": alerts,
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "http://am-0.example.test",
        "version": version,
        "groupKey": f"{{}}:{json.dumps(labels)}",
        "truncatedAlerts": 0,
    }
    return json.dumps(notification).encode()
