"""From intended to applied, refused or not needed."""

from uuid import UUID

from steadyhand.changing.measuring import cases
from steadyhand.changing.recording import changes, entry, granted, move
from steadyhand.clients.deployers import Deployer, DryRun, deployer_of
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.outcome import LedgerState
from steadyhand.domain.plan import Plan
from steadyhand.domain.record import utc_now
from steadyhand.errors import ChangeRefused, PermanentError, TransientError
from steadyhand.mitigations import REGISTRY
from steadyhand.mitigations.converge import apply
from steadyhand.mitigations.verify import persists
from steadyhand.profile import Profile
from steadyhand.store import ledger
from steadyhand.store.database import Database
from steadyhand.store.ledger import LedgerRow
from steadyhand.store.timeline import write


async def apply_step(
    database: Database, profile: Profile, plan: Plan, position: int, approval_id: UUID, *, last_try: bool
) -> LedgerRow:
    """The step is applied (`verifying`), or the target refused it (`reverting`), or it rests where it was found.

    A step after a kept one is first looked at: where its trouble stayed away for the window, it is not needed. Raises
    ApprovalRefused without a yes to exactly this plan, EnvironmentBusy while another change is under way, and
    TransientError when the target cannot be read and this is not the last try; after that, a person is asked.
    """
    row = await _intended(database, plan, position, approval_id)
    if row.state is LedgerState.INTENDED:
        row = await _not_needed(database, profile, plan, row) or await _begin(database, profile, row, approval_id)
    if row.state is not LedgerState.APPLYING:
        return row
    try:
        real = deployer_of(profile, row.environment)
        deployer: Deployer = DryRun(real, *(s.after for s in plan.steps[:position])) if plan.dry_run else real
        await apply(deployer, before=row.step.before, after=row.step.after)
    except ChangeRefused as refusal:
        summary = f"the target refused the change: {refusal}"
        return await move(database, row, LedgerState.REVERTING, summary, last_words=refusal.last_words)
    except (TransientError, PermanentError) as error:
        if isinstance(error, TransientError) and not last_try:
            raise
        return await move(database, row, LedgerState.UNKNOWN, f"could not tell whether it was applied: {error}")
    if plan.dry_run:
        return await move(database, row, LedgerState.DRY_RUN, f"dry run: would have applied {changes(row)}")
    return await move(database, row, LedgerState.VERIFYING, f"applied {changes(row)}", applied_at=utc_now())


async def _intended(database: Database, plan: Plan, position: int, approval_id: UUID) -> LedgerRow:
    """The row as it stands, made where there is none."""
    async with database.transaction() as connection:
        await granted(connection, plan, approval_id)
        return await ledger.intend(connection, plan, position, at=utc_now())


async def _not_needed(database: Database, profile: Profile, plan: Plan, row: LedgerRow) -> LedgerRow | None:
    """The row at rest when the steps kept before it healed its trouble, too; else None."""
    async with database.transaction() as connection:
        earlier = [r for r in await ledger.of_plan(connection, plan) if r.position < row.position]
    kept = [r.applied_at for r in earlier if r.state is LedgerState.KEPT and r.applied_at is not None]
    if not kept:
        return None
    seen = await persists(
        REGISTRY[row.step.mitigation],
        await cases(database, profile, row.incident_id),
        since=kept[-1],
        window_seconds=row.step.verify_window_seconds,
        others_follow=row.step.others_follow,
    )
    if seen.verdict is not Verdict.OK:
        return None
    return await move(database, row, LedgerState.NOT_NEEDED, f"not needed any more: {seen.summary}", facts=seen.facts)


async def _begin(database: Database, profile: Profile, row: LedgerRow, approval_id: UUID) -> LedgerRow:
    """The row is `applying`, if the cap and the environment allow it."""
    now = utc_now()
    async with database.transaction() as connection:
        begun = await ledger.attempts(connection, row.incident_id)
        if begun >= profile.mitigation.max_attempts_per_incident:
            raise PermanentError(f"{begun} changes were tried for this incident already: ask a person")
        moved = await ledger.move(connection, row, LedgerState.APPLYING, at=now, summary=f"applying {changes(row)}")
        if moved.updated_at == now:
            await write(connection, entry(moved, now, {"approval": str(approval_id)}))
        return moved
