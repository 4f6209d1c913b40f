"""Notifications as Alertmanager sends them: captured ones, retold of other services, alerts and instants.

A mix is an endless sequence of bodies; the same seed gives the same bytes.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from random import Random
from typing import Any

_CAPTURES = Path(__file__).parents[1] / "tests" / "contract" / "intake" / "captures"
_TOLD = (
    "01_firing_single_am033",
    "02_firing_multi_am033",
    "03_partial_resolved_am033",
    "05_resolved_all_am033",
    "06_missing_severity_staging_am033",
    "17_ha_duplicate_split_brain_am033",
    "23_resolved_never_seen_firing",
    "24_flap_startsAt_changes",
)
_SINGLE, _GROWING = "01_firing_single_am033", "02_firing_multi_am033"
_AT_ONCE = 32
_REPEATS = 2
_KNOWN = 64
_TEN = 10
_SERVICES = 20
_NEVER = "0001-01-01T00:00:00Z"
ONE_SERVICE = "besieged"

Body = dict[str, Any]
Mix = Callable[[int], Iterator[bytes]]


def captures() -> dict[str, list[Body]]:
    """The deliveries of each capture that is told here, in order, by name: 1 to 4 alerts a body."""
    found = {name: json.loads((_CAPTURES / f"{name}.json").read_text())["requests"] for name in _TOLD}
    return {name: [json.loads(request["body"]) for request in requests] for name, requests in found.items()}


def retold(body: Body, identity: int, *, service: str | None = None) -> bytes:
    """The body as it would be of other alerts: service, instance, fingerprints and instants are the identity's.

    Every second identity is of staging. The same identity gives the same alerts, so that a story stays one.
    """
    environment = "staging" if identity % 2 else "production"
    told = json.loads(json.dumps(body))
    for alert in told["alerts"]:
        labels = alert["labels"]
        own = service or f"{labels.get('service', 'orchestrator')}-{identity % _SERVICES:02d}"
        labels |= {"environment": environment, "service": own, "instance": f"node-{identity}.example.test:8000"}
        alert["fingerprint"] = hashlib.sha256(f"{alert['fingerprint']} {own} {identity}".encode()).hexdigest()[:16]
        alert["startsAt"] = _later(alert["startsAt"], identity)
        if alert["endsAt"] != _NEVER:
            alert["endsAt"] = _later(alert["endsAt"], identity)
    shared = {"environment": environment, "service": told["alerts"][0]["labels"]["service"]}
    told["groupLabels"] |= shared
    told["commonLabels"] |= shared
    told["groupKey"] = f'{{}}:{{environment="{environment}", service="{shared["service"]}", of="{identity}"}}'
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def as_in_real_life(seed: int) -> Iterator[bytes]:
    """A third of the bodies tells something new, two thirds repeat it, as a second peer and repeat_interval do.

    Each capture is a story (one alert; a group that grows; partial, full and unseen resolves; flaps) with 1 to 4
    alerts a body, of 35 incident keys in two environments; 32 stories go on at once, each in its own order.
    """
    return _told_at_once(_stories(seed), Random(seed))  # noqa: S311 - the same bytes for the same seed


def new_alerts(seed: int) -> Iterator[bytes]:
    """Every body is one alert never seen before, of 20 incident keys."""
    (single,) = captures()[_SINGLE]
    return (retold(single, identity) for identity in _identities(seed))


def repeats(seed: int) -> Iterator[bytes]:
    """The same 64 bodies of one alert for ever."""
    (single,) = captures()[_SINGLE]
    identities = _identities(seed)
    return cycle([retold(single, next(identities)) for _ in range(_KNOWN)])


def ten_alerts(seed: int) -> Iterator[bytes]:
    """Every body is ten alerts never seen before, of one incident key."""
    alerts = captures()[_GROWING][-1]["alerts"]
    body = captures()[_GROWING][-1] | {"alerts": [_other(alerts[n % len(alerts)], n) for n in range(_TEN)]}
    return (retold(body, identity) for identity in _identities(seed))


def one_service(seed: int) -> Iterator[bytes]:
    """A storm on one incident key: every body is one alert never seen before, of the same service in production."""
    (single,) = captures()[_SINGLE]
    return (retold(single, identity * 2, service=ONE_SERVICE) for identity in _identities(seed))


MIXES: dict[str, Mix] = {
    mix.__name__.replace("_", " "): mix for mix in (as_in_real_life, new_alerts, repeats, ten_alerts, one_service)
}
REAL_LIFE = "as in real life"


def _identities(seed: int) -> Iterator[int]:
    return count(seed * 1_000_000)


def _stories(seed: int) -> Iterator[Iterator[bytes]]:
    told = list(captures().values())
    for identity in _identities(seed):
        bodies = [retold(body, identity) for body in told[identity % len(told)]]
        yield iter([body for body in bodies for _ in range(1 + _REPEATS)])


def _told_at_once(stories: Iterator[Iterator[bytes]], chance: Random) -> Iterator[bytes]:
    going_on = [next(stories) for _ in range(_AT_ONCE)]
    while True:
        place = chance.randrange(_AT_ONCE)
        body = next(going_on[place], None)
        if body is None:
            going_on[place] = next(stories)
        else:
            yield body


def _other(alert: Body, number: int) -> Body:
    return alert | {
        "labels": alert["labels"] | {"tool": f"tool-{number}"},
        "fingerprint": f"{alert['fingerprint']}{number}",
    }


def _later(instant: str, identity: int) -> str:
    at = datetime.fromisoformat(instant) + timedelta(milliseconds=identity % 1_000_000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
