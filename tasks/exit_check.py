"""Writing down an evaluation of the exit criteria (E1-E3)."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from steadyhand.domain.evidence import Finding
from steadyhand.domain.exit_criteria import ExitCheck
from steadyhand.domain.incident import Incident
from steadyhand.domain.record import Record, utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.profile import load_profile
from steadyhand.store import exit_checks
from steadyhand.store.timeline import write
from tasks.opened import opened


class Patience(Record):
    """How often to evaluate before leaving it to the schedule, and how long to wait in between, in seconds."""

    tries: int = 1
    pause_seconds: float = 0.0


@task(name="exit patience", cache_policy=NO_CACHE)
async def exit_patience(*, patient: bool) -> Patience:
    """The profile's patience; a single try where nothing was healed and so nothing is expected."""
    settings = load_profile().exit_criteria
    if not patient:
        return Patience()
    return Patience(tries=1 + int(settings.wait_seconds // settings.poll_seconds), pause_seconds=settings.poll_seconds)


@task(name="record exit check", retries=5, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def record_exit_check(incident: Incident, findings: tuple[Finding, ...]) -> ExitCheck:
    """The evaluation is kept; the timeline has a line when it differs from the one before."""
    check, now = ExitCheck(findings=findings), utc_now()
    async with opened() as (_, database), database.transaction() as connection:
        before = await exit_checks.latest(connection, incident.id)
        await exit_checks.record(connection, incident.id, check, now)
        if before is None or before[1].state is not check.state:
            points = f": {'; '.join(check.open_points)}" if check.open_points else ""
            entry = TimelineEntry(
                incident_id=incident.id,
                at=now,
                kind=Kind.EXIT,
                actor="steadyhand",
                summary=f"exit criteria {check.state}{points}",
                once=f"exit:{now.isoformat()}",
            )
            await write(connection, entry)
    return check
