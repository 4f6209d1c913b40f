"""Which incident an alert is about, by its own labels; missing ones are defaulted explicitly. Pure."""

from datetime import datetime

from steadyhand.domain.alert import Alert, IncidentKey, QuarantinedAlert, WireAlert
from steadyhand.domain.incident import Environment, Severity
from steadyhand.profile import Intake, Prometheus

_SERVICE_LENGTH = 200
_UNNAMED = "(unnamed alert)"


def place(wire: WireAlert, intake: Intake, names: Prometheus) -> Alert | QuarantinedAlert:
    """The alert with its incident key, or why it can have none."""
    called = wire.labels.get(names.environment_label, intake.default_environment.value)
    environment = intake.environment_names.get(called, called)
    if environment not in {e.value for e in Environment}:
        known = ", ".join(Environment)
        return _refused(
            wire,
            f"unknown environment {environment[:100]!r} (known: {known}); fix the alert's label, "
            "or say what it stands for in [intake.environment_names]",
        )
    service = wire.labels.get(names.service_label) or intake.default_service
    if len(service) > _SERVICE_LENGTH:
        return _refused(wire, f"the service label is {len(service)} characters long, over {_SERVICE_LENGTH}")
    return Alert(
        key=IncidentKey(environment=Environment(environment), service=service),
        fingerprint=wire.fingerprint,
        status=wire.status,
        name=wire.labels.get("alertname") or _UNNAMED,
        severity=_severity(wire.labels.get("severity", "")),
        team=wire.labels.get("team") or intake.default_team,
        labels=dict(wire.labels),
        annotations=dict(wire.annotations),
        starts_at=_as_listed(wire.starts_at),
        ends_at=_as_listed(ended) if (ended := wire.ended()) else None,
    )


def _as_listed(instant: datetime) -> datetime:
    """Cut to milliseconds, as Alertmanager's own list has it: told by webhook or asked for, it is the same instant."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _severity(label: str) -> Severity:
    """Missing or unknown severities are warnings: neither ignored nor shouted."""
    return Severity(label) if label in {s.value for s in Severity} else Severity.WARNING


def _refused(wire: WireAlert, reason: str) -> QuarantinedAlert:
    return QuarantinedAlert(fingerprint=wire.fingerprint, reason=reason)
