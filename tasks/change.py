"""Applying, proving and undoing one step of an approved plan (M1, M2, M3). The ledger decides what is left to do."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from steadyhand.changing import apply_step, outcome_of, revert_step, verify_step
from steadyhand.domain.outcome import Outcome
from steadyhand.domain.plan import Plan
from steadyhand.store.ledger import LedgerRow
from tasks.opened import is_last_try, opened


@task(name="apply", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def apply_change(plan: Plan, position: int, approval_id: UUID) -> LedgerRow:
    """The step is applied, or was refused, or rests already: see `steadyhand.changing.apply_step`."""
    async with opened() as (profile, database):
        return await apply_step(database, profile, plan, position, approval_id, last_try=is_last_try())


@task(name="verify", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def verify_change(row: LedgerRow) -> LedgerRow:
    """The effect is proven, or the step is to be undone."""
    async with opened() as (profile, database):
        return await verify_step(database, profile, row)


@task(name="settle", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def settle_change(row: LedgerRow) -> Outcome:
    """Where the step came to rest: one that is to be undone is undone first, or a person is asked."""
    async with opened() as (profile, database):
        return outcome_of(await revert_step(database, profile, row))
