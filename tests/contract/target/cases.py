"""Cases as a probe is asked them, for a target at a given address."""

from collections.abc import Mapping

from steadyhand.domain.alert import Alert, AlertStatus, IncidentKey
from steadyhand.domain.incident import Environment, Severity
from steadyhand.domain.record import utc_now
from steadyhand.probes.probe import Case
from steadyhand.profile import EnvironmentProfile, Orchestrator, Profile
from tests.unit.made import incident

IMPATIENT = Orchestrator(timeout_seconds=0.6, max_answer_bytes=50_000)


def target_profile(url: str, orchestrator: Orchestrator = IMPATIENT) -> Profile:
    """The default profile but for the target's address, and an impatient way of asking."""
    return Profile(environments={Environment.PRODUCTION: EnvironmentProfile(url=url)}, orchestrator=orchestrator)


def case(profile: Profile, *, service: str = "orchestrator", alerts: tuple[Alert, ...] = ()) -> Case:
    """A production incident of this service, asked about now."""
    now = utc_now()
    asked = incident(service=service, started_at=now, opened_at=now)
    return Case(profile=profile, incident=asked, alerts=alerts, now=now)


def alert(labels: Mapping[str, str]) -> Alert:
    """A firing alert with these labels."""
    return Alert(
        key=IncidentKey(environment=Environment.PRODUCTION, service="orchestrator"),
        fingerprint="f00d",
        status=AlertStatus.FIRING,
        name="TaskCompletionLow",
        severity=Severity.CRITICAL,
        team="ops-orchestrator",
        labels=dict(labels),
        annotations={},
        starts_at=utc_now(),
        ends_at=None,
    )
