"""Records for the unit tests: whole and valid, each test changes what it is about."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.deployment import Deployment
from steadyhand.domain.evidence import Branch, Evidence, Finding, Verdict
from steadyhand.domain.incident import Environment, Incident, IncidentStatus, Severity, Source
from steadyhand.domain.plan import MitigationName, Plan, PlanStep
from steadyhand.mitigations import REGISTRY
from steadyhand.profile import Profile
from steadyhand.rules import Propose
from steadyhand.store import incidents
from steadyhand.store.database import Database
from steadyhand.store.incidents import Opening

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
INCIDENT_ID = UUID("7f3c8f6e-0000-4000-8000-000000000001")
RELEASED = Deployment(
    release="r2",
    environment={"PLANNING__ENABLED": "true", "SCHEDULING__BACKEND": "async"},
    healthy=True,
    known_good_releases=("r2", "r1"),
)


def incident(**changes: object) -> Incident:
    """An open incident in production."""
    whole = Incident(
        id=INCIDENT_ID,
        environment=Environment.PRODUCTION,
        service="orchestrator",
        severity=Severity.CRITICAL,
        team="ops-memory",
        channel="#ops-memory",
        description="planner failures",
        source=Source.ALERT,
        commander="ada",
        status=IncidentStatus.INVESTIGATING,
        generation=1,
        started_at=NOW,
        opened_at=NOW,
    )
    return Incident.model_validate(whole.model_dump() | changes)


def finding(probe: str, verdict: Verdict, summary: str = "seen", **facts: str | float | bool | None) -> Finding:
    """One probe's finding."""
    return Finding(
        probe=probe,
        verdict=verdict,
        summary=summary,
        facts=dict(facts),
        requirement="D0",
        branch=Branch.PLANNER,
        observed_at=NOW,
        seconds=0.1,
    )


def evidence(*findings: Finding) -> Evidence:
    """These findings, and nothing else."""
    return Evidence(incident_id=INCIDENT_ID, findings=findings)


def proposals(profile: Profile) -> dict[MitigationName, Propose]:
    """The real mitigations' proposals under this profile."""

    def bound(name: MitigationName) -> Callable[[Deployment, str], PlanStep | None]:
        return lambda deployment, reason: REGISTRY[name].propose(deployment, reason, profile)

    return {name: bound(name) for name in REGISTRY}


def planner_off(profile: Profile, incident_id: UUID, *, dry_run: bool = False, generation: int = 1) -> Plan:
    """The plan that switches the planner off in production (M2)."""
    step = REGISTRY[MitigationName.DISABLE_PLANNER].propose(RELEASED, "the contract is violated", profile)
    assert step is not None
    return Plan(
        incident_id=incident_id,
        generation=generation,
        environment=Environment.PRODUCTION,
        dry_run=dry_run,
        steps=(step,),
        advice="",
    )


async def open_incident(
    database: Database, service: str = "orchestrator", environment: Environment = Environment.PRODUCTION
) -> UUID:
    """An incident in the store."""
    opening = Opening(
        key=IncidentKey(environment=environment, service=service),
        severity=Severity.CRITICAL,
        team="ops-memory",
        channel="#ops-memory",
        description="planner failures",
        source=Source.ALERT,
        commander="ada",
        started_at=NOW,
        at=NOW,
    )
    async with database.transaction() as connection:
        return await incidents.open_or_join(connection, opening)
