"""Moving a row of the ledger, and the line on the timeline that goes with it, in one transaction."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.approval import Approval, Gate
from steadyhand.domain.outcome import LedgerState, Outcome
from steadyhand.domain.plan import Plan
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import ApprovalRefused
from steadyhand.store import approvals, ledger
from steadyhand.store.database import Database
from steadyhand.store.ledger import LedgerRow
from steadyhand.store.timeline import write


async def granted(connection: AsyncConnection, plan: Plan, approval_id: UUID) -> Approval:
    """The yes to exactly this plan (rule 1). Raises ApprovalRefused without one."""
    approval = await approvals.get(connection, approval_id)
    asked = (approval.gate, approval.incident_id, approval.digest)
    if not approval.granted or asked != (Gate.MITIGATION, plan.incident_id, plan.digest):
        raise ApprovalRefused(f"approval {approval_id} is no yes to this plan ({approval.status}); nothing was changed")
    return approval


async def move(
    database: Database,
    row: LedgerRow,
    state: LedgerState,
    summary: str,
    *,
    last_words: str = "",
    applied_at: datetime | None = None,
    facts: dict[str, JsonValue] | None = None,
) -> LedgerRow:
    """The row has this state, and the timeline says so; unless somebody moved it meanwhile: then it comes as it is."""
    now = utc_now()
    async with database.transaction() as connection:
        moved = await ledger.move(
            connection, row, state, at=now, summary=summary, last_words=last_words, applied_at=applied_at
        )
        if moved.updated_at == now:
            await write(connection, entry(moved, now, facts or {}))
        return moved


def entry(row: LedgerRow, at: datetime, facts: dict[str, JsonValue]) -> TimelineEntry:
    """The row's line on the timeline."""
    detail: dict[str, JsonValue] = {"state": row.state.value, "mitigation": row.step.mitigation.value, **facts}
    if row.last_words:
        detail["last_words"] = row.last_words
    measured = row.state in {LedgerState.KEPT, LedgerState.NOT_NEEDED} or (
        row.state is LedgerState.REVERTING and row.applied_at is not None
    )
    return TimelineEntry(
        incident_id=row.incident_id,
        at=at,
        kind=Kind.VERIFICATION if measured else Kind.CHANGE,
        actor="steadyhand",
        summary=f"{row.step.requirement} {row.step.mitigation}: {row.summary}",
        detail=detail,
        once=f"change:{row.id}:{row.state.value}",
    )


def changes(row: LedgerRow) -> str:
    """What the row's step changes, in words."""
    return ", ".join(f"{c.name}: {c.before} -> {c.after}" for c in row.step.changes)


def outcome_of(row: LedgerRow) -> Outcome:
    """What a person is told of a row."""
    return Outcome(
        mitigation=row.step.mitigation,
        requirement=row.step.requirement,
        state=row.state,
        summary=row.summary,
        last_words=row.last_words,
    )
