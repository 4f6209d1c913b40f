"""Asking a probe and writing down what it saw (D1-D5, F3, F4, E1-E3)."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from steadyhand.domain.evidence import Finding
from steadyhand.domain.incident import Incident
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.probes import REGISTRY
from steadyhand.probes.probe import Case, ask
from steadyhand.store.alerts import of_incident
from steadyhand.store.timeline import write
from tasks.opened import is_last_try, opened


@task(name="observe", task_run_name="{probe}", retries=2, retry_delay_seconds=[0.5, 2], cache_policy=NO_CACHE)
async def observe(probe: str, incident: Incident, *, once: str) -> Finding:
    """The probe's finding, on the timeline once per `once`. Unknown when it could not look; never raises for that."""
    async with opened() as (profile, database):
        async with database.transaction() as connection:
            alerts = await of_incident(connection, incident.id)
        case = Case(profile=profile.within(incident.environment), incident=incident, alerts=alerts, now=utc_now())
        finding = await ask(REGISTRY[probe], case, last_try=is_last_try())
        async with database.transaction() as connection:
            await write(connection, _entry(finding, incident, once))
        return finding


def _entry(finding: Finding, incident: Incident, once: str) -> TimelineEntry:
    return TimelineEntry(
        incident_id=incident.id,
        at=finding.observed_at,
        kind=Kind.FINDING,
        actor=finding.probe,
        summary=f"{finding.requirement} {finding.verdict}: {finding.summary}",
        detail={"verdict": finding.verdict.value, "seconds": finding.seconds, **finding.facts},
        once=f"finding:{incident.generation}:{once}:{finding.probe}",
    )
