"""The mitigation ledger: what is intended, under way, kept, reverted, refused or unknown (rules 3, 5 and 6)."""

from datetime import datetime
from uuid import UUID, uuid4

from pydantic import Field
from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.incident import Environment
from steadyhand.domain.outcome import UNDER_WAY, LedgerState
from steadyhand.domain.plan import Plan, PlanStep
from steadyhand.domain.record import AwareDatetime, Record
from steadyhand.errors import EnvironmentBusy
from steadyhand.store.tables import mitigations


class LedgerRow(Record):
    """One step of one approved plan, and where it stands."""

    id: UUID
    incident_id: UUID
    digest: str
    position: int = Field(ge=0)
    environment: Environment
    step: PlanStep
    state: LedgerState
    summary: str = ""
    last_words: str = ""
    applied_at: AwareDatetime | None = None
    updated_at: AwareDatetime


async def intend(connection: AsyncConnection, plan: Plan, position: int, *, at: datetime) -> LedgerRow:
    """The step's row: made as `intended` by the first caller, found as it stands by every replay.

    A step that follows one that was not needed starts from the state without it.
    """
    before = await of_plan(connection, plan)
    left_out = [r.position for r in before if r.state is LedgerState.NOT_NEEDED]
    row = LedgerRow(
        id=uuid4(),
        incident_id=plan.incident_id,
        digest=plan.digest,
        position=position,
        environment=plan.environment,
        step=plan.step(position, left_out),
        state=LedgerState.INTENDED,
        updated_at=at,
    )
    values = row.model_dump() | {"step": row.step.model_dump(mode="json")}
    await connection.execute(upsert(mitigations).values(values).on_conflict_do_nothing(constraint="one_row_per_step"))
    return next(r for r in await of_plan(connection, plan) if r.position == position)


async def of_plan(connection: AsyncConnection, plan: Plan) -> tuple[LedgerRow, ...]:
    """The rows of this plan's steps, in the plan's order."""
    mine = (mitigations.c.incident_id == plan.incident_id, mitigations.c.digest == plan.digest)
    rows = await connection.execute(select(mitigations).where(*mine).order_by(mitigations.c.position))
    return tuple(_row(row) for row in rows.mappings())


async def move(
    connection: AsyncConnection,
    row: LedgerRow,
    state: LedgerState,
    *,
    at: datetime,
    summary: str = "",
    last_words: str = "",
    applied_at: datetime | None = None,
) -> LedgerRow:
    """The row has this state; where somebody moved it meanwhile, it comes back as it stands and nothing is written.

    Raises EnvironmentBusy when another change is under way in the environment.
    """
    changed = {
        "state": state,
        "updated_at": at,
        "summary": summary or row.summary,
        "last_words": last_words or row.last_words,
        "applied_at": applied_at or row.applied_at,
    }
    try:
        standing = (mitigations.c.id == row.id, mitigations.c.state == row.state)
        moved = await connection.execute(update(mitigations).where(*standing).values(changed))
    except IntegrityError as error:
        raise EnvironmentBusy(
            f"another change is under way in {row.environment}; `steadyhand incident list` shows whose"
        ) from error
    if moved.rowcount == 0:
        return _row((await connection.execute(select(mitigations).where(standing[0]))).mappings().one())
    return row.model_copy(update=changed)


async def of_incident(connection: AsyncConnection, incident_id: UUID) -> tuple[LedgerRow, ...]:
    """Every row of an incident, oldest first."""
    statement = select(mitigations).where(mitigations.c.incident_id == incident_id)
    rows = await connection.execute(statement.order_by(mitigations.c.updated_at, mitigations.c.position))
    return tuple(_row(row) for row in rows.mappings())


async def attempts(connection: AsyncConnection, incident_id: UUID) -> int:
    """How many changes were begun for this incident, whatever became of them."""
    begun = (*UNDER_WAY, LedgerState.KEPT, LedgerState.REVERTED, LedgerState.REFUSED, LedgerState.UNKNOWN)
    statement = select(func.count()).where(mitigations.c.incident_id == incident_id, mitigations.c.state.in_(begun))
    return int((await connection.execute(statement)).scalar_one())


def _row(row: RowMapping) -> LedgerRow:
    return LedgerRow(**row)
