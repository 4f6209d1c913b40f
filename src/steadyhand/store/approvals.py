"""Questions to people and their answers (P2). Deciding who may answer is `steadyhand.approving`'s."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.approval import Approval, ApprovalStatus
from steadyhand.errors import NotFound
from steadyhand.store.tables import approvals, incidents, used_codes


async def request(connection: AsyncConnection, asked: Approval) -> Approval:
    """The question stands, once per incident, generation, gate and digest; asked again, the first one is returned."""
    statement = upsert(approvals).values(asked.model_dump())
    await connection.execute(statement.on_conflict_do_nothing(constraint="one_question_per_gate_and_digest"))
    same = select(approvals).where(
        approvals.c.incident_id == asked.incident_id,
        approvals.c.generation == asked.generation,
        approvals.c.gate == asked.gate,
        approvals.c.digest == asked.digest,
    )
    return _approval((await connection.execute(same)).mappings().one())


async def get(connection: AsyncConnection, approval_id: UUID, *, lock: bool = False) -> Approval:
    """The approval. With `lock`, nobody else decides it during this transaction. Raises NotFound."""
    statement = select(approvals).where(approvals.c.id == approval_id)
    row = (await connection.execute(statement.with_for_update() if lock else statement)).mappings().first()
    if row is None:
        raise NotFound(f"there is no approval {approval_id}")
    return _approval(row)


async def pending(connection: AsyncConnection, incident_id: UUID | None = None) -> tuple[Approval, ...]:
    """Open questions, oldest first; of one incident, or of all."""
    statement = select(approvals).where(approvals.c.status == ApprovalStatus.PENDING)
    if incident_id is not None:
        statement = statement.where(approvals.c.incident_id == incident_id)
    rows = await connection.execute(statement.order_by(approvals.c.requested_at))
    return tuple(_approval(row) for row in rows.mappings())


async def of_incident(connection: AsyncConnection, incident_id: UUID) -> tuple[Approval, ...]:
    """Every question asked about an incident, oldest first."""
    statement = select(approvals).where(approvals.c.incident_id == incident_id).order_by(approvals.c.requested_at)
    return tuple(_approval(row) for row in (await connection.execute(statement)).mappings())


async def settle(
    connection: AsyncConnection,
    approval_id: UUID,
    status: ApprovalStatus,
    *,
    by: str,
    via: str,
    at: datetime,
    comment: str = "",
) -> Approval:
    """The pending question is answered; the waiting run is to be woken (`woken_at` is still empty)."""
    values = {"status": status, "decided_by": by, "decided_at": at, "via": via, "comment": comment}
    statement = update(approvals).where(approvals.c.id == approval_id, approvals.c.status == ApprovalStatus.PENDING)
    await connection.execute(statement.values(values))
    return await get(connection, approval_id)


async def due(connection: AsyncConnection, now: datetime) -> tuple[Approval, ...]:
    """Pending questions whose time is over, locked; those another process holds are skipped."""
    statement = select(approvals).where(approvals.c.status == ApprovalStatus.PENDING, approvals.c.expires_at <= now)
    rows = await connection.execute(statement.with_for_update(skip_locked=True))
    return tuple(_approval(row) for row in rows.mappings())


async def unheard(connection: AsyncConnection) -> tuple[tuple[Approval, UUID], ...]:
    """(approval, master run) of answered questions whose run has not seen the answer yet, locked."""
    statement = (
        select(approvals, incidents.c.flow_run_id)
        .join(incidents, incidents.c.id == approvals.c.incident_id)
        .where(approvals.c.status != ApprovalStatus.PENDING, approvals.c.woken_at.is_(None))
        .where(incidents.c.flow_run_id.is_not(None), approvals.c.generation == incidents.c.generation)
        .with_for_update(of=approvals, skip_locked=True)
    )
    rows = await connection.execute(statement)
    return tuple((_approval(row), row["flow_run_id"]) for row in rows.mappings())


async def woken(connection: AsyncConnection, approval_id: UUID, at: datetime) -> None:
    """The run that waited for this answer has seen it."""
    statement = update(approvals).where(approvals.c.id == approval_id, approvals.c.woken_at.is_(None))
    await connection.execute(statement.values(woken_at=at))


async def spend_code(connection: AsyncConnection, approver: str, step: int) -> bool:
    """One-time codes are used once: True for the first caller, False for every other."""
    statement = upsert(used_codes).values(approver=approver, step=step).on_conflict_do_nothing()
    return bool((await connection.execute(statement.returning(used_codes.c.step))).first())


def _approval(row: RowMapping) -> Approval:
    return Approval(**{name: row[name] for name in Approval.model_fields})
