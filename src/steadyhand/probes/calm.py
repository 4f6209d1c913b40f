"""A probe's case when nothing is wrong: asked by hand, or by the doctor."""

from uuid import UUID

from steadyhand.domain.incident import Environment, Incident, IncidentStatus, Severity, Source
from steadyhand.domain.record import utc_now
from steadyhand.probes.probe import Case
from steadyhand.profile import Profile

_NO_INCIDENT = UUID(int=0)


def calm(profile: Profile, environment: Environment, service: str) -> Case:
    """The case of no incident, now: it says where to look, and nothing of it is ever stored."""
    now = utc_now()
    incident = Incident(
        id=_NO_INCIDENT,
        environment=environment,
        service=service,
        severity=Severity.INFO,
        team="",
        channel="",
        description="no incident",
        source=Source.PERSON,
        commander="",
        status=IncidentStatus.OPEN,
        generation=1,
        started_at=now,
        opened_at=now,
    )
    return Case(profile=profile.within(environment), incident=incident, alerts=(), now=now)
