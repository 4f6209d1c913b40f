"""Engaging a human reviewer (M4)."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from steadyhand import changing
from steadyhand.domain.plan import Plan, Review
from tasks.opened import is_last_try, opened


@task(name="engage reviewer", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def engage_reviewer(plan: Plan, review: Review, approval_id: UUID) -> str:
    """What became of it, in words: see `steadyhand.changing.engage_reviewer`."""
    async with opened() as (profile, database):
        return await changing.engage_reviewer(database, profile, plan, review, approval_id, last_try=is_last_try())
