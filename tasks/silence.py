"""Silencing the incident's own alerts while its plan is carried out, and ending that."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from steadyhand import silencing
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Plan
from tasks.opened import is_last_try, opened


@task(name="silence alerts", retries=2, retry_delay_seconds=1, cache_policy=NO_CACHE)
async def silence_alerts(incident: Incident, plan: Plan, approval_id: UUID) -> None:
    """The alerts are silent where that is wished and possible: see `steadyhand.silencing.silence_alerts`."""
    async with opened() as (profile, database):
        await silencing.silence_alerts(database, profile, incident, plan, approval_id, last_try=is_last_try())


@task(name="remove silence", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def remove_silence(incident: Incident, plan: Plan, approval_id: UUID) -> None:
    """No silence of the incident stands, or the timeline says which: see `steadyhand.silencing.remove_silence`."""
    async with opened() as (profile, database):
        await silencing.remove_silence(database, profile, incident, plan, approval_id, last_try=is_last_try())
