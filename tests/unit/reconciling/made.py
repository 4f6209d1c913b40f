"""Alerts as they are known here, and as Alertmanager lists them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from steadyhand.clients.alertmanager import RoutedAlert
from steadyhand.domain.alert import Alert, AlertStatus, IncidentKey
from steadyhand.domain.incident import Environment, Severity
from steadyhand.reconciling.asking import Answer
from steadyhand.reconciling.sources import Peer
from steadyhand.store.alerts import KnownAlert

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So long after the beginning."""
    return T0 + timedelta(seconds=seconds)


def known(
    name: str = "f",
    *,
    start: float = 0,
    end: float | None = None,
    environment: Environment = Environment.PRODUCTION,
    labels: Mapping[str, str] | None = None,
) -> KnownAlert:
    """It fires here since `start`, or was resolved at `end`."""
    alert = Alert(
        key=IncidentKey(environment=environment, service="planner"),
        fingerprint=name,
        status=AlertStatus.FIRING if end is None else AlertStatus.RESOLVED,
        name="A",
        severity=Severity.WARNING,
        team="t",
        labels=dict(labels or {}),
        annotations={},
        starts_at=at(start),
        ends_at=None if end is None else at(end),
    )
    return KnownAlert(alert=alert, incident_id=None, changed_at=at(start))


def there(
    name: str = "f",
    *,
    start: float | str = 0,
    updated: float = 0,
    state: str = "active",
    labels: Mapping[str, str] | None = None,
) -> RoutedAlert:
    """Alertmanager lists it, as exactly as its API does."""
    started = start if isinstance(start, str) else at(start).isoformat(timespec="milliseconds")
    return RoutedAlert.model_validate(
        {
            "fingerprint": name,
            "labels": dict(labels or {}),
            "startsAt": started,
            "endsAt": at(1000).isoformat(),
            "updatedAt": at(updated).isoformat(),
            "receivers": [{"name": "steadyhand"}],
            "status": {"state": state},
        }
    )


def answer(
    address: str, *alerts: RoutedAlert, problem: str = "", config: str = "", up_since: float | None = None
) -> Answer:
    """What one Alertmanager says."""
    peer = Peer(address=address, receivers=("steadyhand",), seconds=1, settling=timedelta(seconds=100))
    started_at = None if up_since is None else at(up_since)
    return Answer(peer=peer, alerts=alerts, problem=problem, config=config, started_at=started_at)


def asked(*answers: Answer) -> dict[str, Answer]:
    """By address."""
    return {one.peer.address: one for one in answers}
