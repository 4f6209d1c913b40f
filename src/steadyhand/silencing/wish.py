"""Which alerts are silent, how long, and the words that say so in Alertmanager. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from steadyhand.clients import quoting
from steadyhand.clients.silences import Wanted
from steadyhand.domain.alert import Alert
from steadyhand.domain.approval import Approval
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Plan
from steadyhand.errors import PermanentError
from steadyhand.profile import Profile

AUTHOR = "steadyhand"
NAME = "alertname"
_MOST_NAMES = 100
_MOST_CHARACTERS = 10_000


def is_wished(profile: Profile, plan: Plan) -> bool:
    """Whether this plan is carried out in silence at all: a dry run and a plan without changes are not."""
    return bool(profile.alertmanager.silence_seconds and plan.steps and not plan.dry_run)


def mark(incident: Incident) -> str:
    """How the comment of every silence of this incident begins, and of no other."""
    return f"steadyhand incident {incident.id}:"


def wish(
    profile: Profile, incident: Incident, plan: Plan, approval: Approval, alerts: Iterable[Alert], now: datetime
) -> Wanted:
    """The incident's own alerts, silent from now on, as long as the profile allows and no shorter than a step's proof.

    Raises PermanentError when nothing tells its alerts from others', or when they have too many names for one silence.
    """
    proof = max(step.verify_window_seconds for step in plan.steps)
    steps = ", ".join(f"{step.requirement} {step.mitigation}" for step in plan.steps)
    by = quoting.start(f"{approval.decided_by} via {approval.via}")
    return Wanted(
        labels=_labels(profile, incident, alerts),
        start=now,
        end=now + timedelta(seconds=max(profile.alertmanager.silence_seconds or 0, proof)),
        created_by=AUTHOR,
        comment=f"{mark(incident)} {steps} is carried out, approved by {by}",
    )


def _labels(profile: Profile, incident: Incident, alerts: Iterable[Alert]) -> dict[str, tuple[str, ...]]:
    """What the incident's alerts are known by. One that lacks a label is left out: others' would be silent with it."""
    environment, service = profile.prometheus.environment_label, profile.prometheus.service_label
    called = profile.intake.environment_names
    own = [
        alert.labels
        for alert in alerts
        if alert.labels.get(NAME)
        and called.get(value := alert.labels.get(environment, ""), value) == incident.environment
        and alert.labels.get(service) == incident.service
    ]
    names = _several(own, NAME)
    if not names:
        raise PermanentError(f"none of them has a name and the labels {environment} and {service}")
    if len(names) > _MOST_NAMES or sum(map(len, names)) > _MOST_CHARACTERS:
        raise PermanentError(f"their {len(names)} names are more than one silence should hold")
    return {environment: _several(own, environment), service: (incident.service,), NAME: names}


def _several(alerts: Iterable[Mapping[str, str]], label: str) -> tuple[str, ...]:
    return tuple(sorted({labels[label] for labels in alerts}))
