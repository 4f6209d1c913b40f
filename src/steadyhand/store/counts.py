"""The store in numbers."""

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.approval import ApprovalStatus
from steadyhand.domain.incident import IncidentStatus
from steadyhand.domain.record import Record
from steadyhand.store.tables import approvals, incidents, notifications, quarantine


class Counts(Record):
    """How much there is of everything."""

    stored_notifications: int = Field(description="Notifications committed, ever.")
    stored_alerts: int = Field(description="Alerts in them, ever.")
    quarantined_alerts: int = Field(description="Alerts, or whole notifications, that could not be processed.")
    open_incidents: int = Field(description="Incidents that are not closed.")
    incidents_without_run: int = Field(description="Open incidents that wait for their master run.")
    pending_approvals: int = Field(description="Questions that wait for a person.")


async def count(connection: AsyncConnection) -> Counts:
    """The numbers now."""
    is_open = incidents.c.status != IncidentStatus.CLOSED
    waits = approvals.c.status == ApprovalStatus.PENDING
    statement = select(
        select(func.count()).select_from(notifications).scalar_subquery().label("stored_notifications"),
        select(func.coalesce(func.sum(notifications.c.alerts), 0)).scalar_subquery().label("stored_alerts"),
        select(func.count()).select_from(quarantine).scalar_subquery().label("quarantined_alerts"),
        select(func.count()).select_from(incidents).where(is_open).scalar_subquery().label("open_incidents"),
        select(func.count())
        .select_from(incidents)
        .where(is_open, incidents.c.flow_run_id.is_(None))
        .scalar_subquery()
        .label("incidents_without_run"),
        select(func.count()).select_from(approvals).where(waits).scalar_subquery().label("pending_approvals"),
    )
    return Counts(**(await connection.execute(statement)).mappings().one())
