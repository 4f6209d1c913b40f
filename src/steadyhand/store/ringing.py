"""Telling whoever listens that there is something to do."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

CHANNEL = "steadyhand_incidents"


async def ring(connection: AsyncConnection) -> None:
    """Whoever listens is woken when this transaction commits, and by no other; many rings in one are heard as one."""
    await connection.execute(select(func.pg_notify(CHANNEL, "")))
