"""Evaluations of the exit criteria (E1-E3), as they were made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.exit_criteria import ExitCheck
from steadyhand.store.tables import exit_checks


async def record(connection: AsyncConnection, incident_id: UUID, check: ExitCheck, at: datetime) -> None:
    """The evaluation is kept."""
    findings = check.model_dump(mode="json")["findings"]
    row = {"incident_id": incident_id, "at": at, "state": check.state, "findings": findings}
    await connection.execute(insert(exit_checks).values(row))


async def latest(connection: AsyncConnection, incident_id: UUID) -> tuple[datetime, ExitCheck] | None:
    """When the criteria were last evaluated, and how; None when never."""
    statement = select(exit_checks.c.at, exit_checks.c.findings).where(exit_checks.c.incident_id == incident_id)
    row = (await connection.execute(statement.order_by(exit_checks.c.id.desc()).limit(1))).first()
    return None if row is None else (row.at, ExitCheck(findings=row.findings))
