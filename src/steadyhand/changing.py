"""Carrying out an approved step, with the ledger as the only memory (rules 1, 3, 5 and 6).

    intended -> applying -> verifying -> kept
                   x            x
                reverting ---------> reverted | refused | unknown: ask a person

Each function moves the row one stage from wherever it finds it, so it can be called again after a crash at any line.
"""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from steadyhand.clients.deployers import Deployer, DryRun, deployer_of
from steadyhand.domain.approval import Gate
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.outcome import LedgerState, Outcome
from steadyhand.domain.plan import Plan
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import ApprovalRefused, ChangeRefused, PermanentError, TransientError
from steadyhand.mitigations import REGISTRY
from steadyhand.mitigations.converge import apply, put_back
from steadyhand.mitigations.verify import verify
from steadyhand.probes.probe import Case
from steadyhand.profile import Profile
from steadyhand.store import approvals, inbox, incidents, ledger
from steadyhand.store.database import Database
from steadyhand.store.ledger import LedgerRow
from steadyhand.store.timeline import write


async def apply_step(
    database: Database, profile: Profile, plan: Plan, position: int, approval_id: UUID, *, last_try: bool
) -> LedgerRow:
    """The step is applied (`verifying`), or the target refused it (`reverting`), or it rests where it was found.

    Raises ApprovalRefused without a yes to exactly this plan, EnvironmentBusy while another change is under way, and
    TransientError when the target cannot be read and this is not the last try; after that, a person is asked.
    """
    row = await _begin(database, profile, plan, position, approval_id)
    if row.state is not LedgerState.APPLYING:
        return row
    try:
        real = deployer_of(profile, row.environment)
        deployer: Deployer = DryRun(real) if plan.dry_run else real
        await apply(deployer, before=row.step.before, after=row.step.after)
    except ChangeRefused as refusal:
        summary = f"the target refused the change: {refusal}"
        return await _move(database, row, LedgerState.REVERTING, summary, last_words=refusal.last_words)
    except (TransientError, PermanentError) as error:
        if isinstance(error, TransientError) and not last_try:
            raise
        return await _move(database, row, LedgerState.UNKNOWN, f"could not tell whether it was applied: {error}")
    if plan.dry_run:
        return await _move(database, row, LedgerState.DRY_RUN, f"dry run: would have applied {_changes(row)}")
    return await _move(database, row, LedgerState.VERIFYING, f"applied {_changes(row)}", applied_at=utc_now())


async def verify_step(database: Database, profile: Profile, row: LedgerRow) -> LedgerRow:
    """The effect is proven (`kept`), or the step is to be undone (`reverting`). Other rows come back as they are."""
    if row.state is not LedgerState.VERIFYING or row.applied_at is None:
        return row
    async with database.transaction() as connection:
        incident = await incidents.get(connection, row.incident_id)
        alerts = await inbox.alerts_of(connection, row.incident_id)

    def case_at(now: datetime) -> Case:
        return Case(profile=profile.within(incident.environment), incident=incident, alerts=alerts, now=now)

    measured = await verify(
        REGISTRY[row.step.mitigation],
        case_at,
        applied_at=row.applied_at,
        window_seconds=row.step.verify_window_seconds,
    )
    if measured.verdict is Verdict.OK:
        return await _move(database, row, LedgerState.KEPT, f"proven: {measured.summary}", facts=measured.facts)
    summary = f"not proven within {row.step.verify_window_seconds:.0f} s ({measured.verdict}): {measured.summary}"
    return await _move(database, row, LedgerState.REVERTING, summary, facts=measured.facts)


async def revert_step(database: Database, profile: Profile, row: LedgerRow) -> LedgerRow:
    """The former state is back (`reverted`, or `refused` if the target never took the change), or a person is asked."""
    if row.state is not LedgerState.REVERTING:
        return row
    deployer = deployer_of(profile, row.environment)
    try:
        await put_back(deployer, before=row.step.before, after=row.step.after)
    except (TransientError, PermanentError) as error:
        words = error.last_words if isinstance(error, ChangeRefused) else ""
        summary = f"{row.summary}; putting the former state back failed: {error}"
        return await _move(database, row, LedgerState.UNKNOWN, summary, last_words=words)
    state = LedgerState.REFUSED if row.applied_at is None else LedgerState.REVERTED
    return await _move(database, row, state, f"{row.summary}; the former state is back and serving")


def outcome_of(row: LedgerRow) -> Outcome:
    """What a person is told of a row."""
    return Outcome(
        mitigation=row.step.mitigation,
        requirement=row.step.requirement,
        state=row.state,
        summary=row.summary,
        last_words=row.last_words,
    )


async def _begin(database: Database, profile: Profile, plan: Plan, position: int, approval_id: UUID) -> LedgerRow:
    """The row as it stands; a new one is moved to `applying` if the approval, the cap and the environment allow it."""
    now = utc_now()
    async with database.transaction() as connection:
        approval = await approvals.get(connection, approval_id)
        asked = (approval.gate, approval.incident_id, approval.digest)
        if not approval.granted or asked != (Gate.MITIGATION, plan.incident_id, plan.digest):
            raise ApprovalRefused(
                f"approval {approval_id} is no yes to this plan ({approval.status}); nothing was changed"
            )
        row = await ledger.intend(connection, plan, position, at=now)
        if row.state is not LedgerState.INTENDED:
            return row
        begun = await ledger.attempts(connection, plan.incident_id)
        if begun >= profile.mitigation.max_attempts_per_incident:
            raise PermanentError(f"{begun} changes were tried for this incident already: ask a person")
        row = await ledger.move(connection, row, LedgerState.APPLYING, at=now, summary=f"applying {_changes(row)}")
        await write(connection, _entry(row, now, {"approval": str(approval_id)}))
        return row


async def _move(
    database: Database,
    row: LedgerRow,
    state: LedgerState,
    summary: str,
    *,
    last_words: str = "",
    applied_at: datetime | None = None,
    facts: dict[str, JsonValue] | None = None,
) -> LedgerRow:
    now = utc_now()
    async with database.transaction() as connection:
        moved = await ledger.move(
            connection, row, state, at=now, summary=summary, last_words=last_words, applied_at=applied_at
        )
        await write(connection, _entry(moved, now, facts or {}))
        return moved


def _changes(row: LedgerRow) -> str:
    return ", ".join(f"{c.name}: {c.before} -> {c.after}" for c in row.step.changes)


def _entry(row: LedgerRow, at: datetime, facts: dict[str, JsonValue]) -> TimelineEntry:
    detail: dict[str, JsonValue] = {"state": row.state.value, "mitigation": row.step.mitigation.value, **facts}
    if row.last_words:
        detail["last_words"] = row.last_words
    measured = row.state is LedgerState.KEPT or (row.state is LedgerState.REVERTING and row.applied_at is not None)
    return TimelineEntry(
        incident_id=row.incident_id,
        at=at,
        kind=Kind.VERIFICATION if measured else Kind.CHANGE,
        actor="steadyhand",
        summary=f"{row.step.requirement} {row.step.mitigation}: {row.summary}",
        detail=detail,
        once=f"change:{row.id}:{row.state.value}",
    )
