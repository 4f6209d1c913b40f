"""The store in numbers."""

from pydantic import Field
from sqlalchemy import ColumnElement, FromClause, ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.approval import ApprovalStatus
from steadyhand.domain.incident import IncidentStatus
from steadyhand.domain.record import Record
from steadyhand.store.quarantine import PROCESSED
from steadyhand.store.tables import approvals, incidents, notifications, quarantine


class Counts(Record):
    """How much there is of everything. Accepted alerts are processed, pending or quarantined: `unaccounted` is 0."""

    stored_notifications: int = Field(description="Notifications committed, ever.")
    stored_alerts: int = Field(description="Alerts accepted in them, ever; a whole notification in quarantine is one.")
    processed_alerts: int = Field(description="Accepted alerts that went their way.")
    inbox_pending: int = Field(description="Accepted alerts that wait to be processed.")
    quarantined_alerts: int = Field(description="Accepted alerts, or whole notifications, that could not be processed.")
    quarantine_waiting: int = Field(description="Those of them that wait for a person.")
    open_incidents: int = Field(description="Incidents that are not closed.")
    incidents_without_run: int = Field(description="Open incidents that wait for their master run.")
    pending_approvals: int = Field(description="Questions that wait for a person.")

    @property
    def unaccounted(self) -> int:
        """Accepted, and neither processed nor pending nor quarantined."""
        return self.stored_alerts - self.processed_alerts - self.inbox_pending - self.quarantined_alerts


async def count(connection: AsyncConnection) -> Counts:
    """The numbers now."""
    is_open = incidents.c.status != IncidentStatus.CLOSED
    waits = notifications.c.pending_since.is_not(None)
    statement = select(
        _number(notifications).label("stored_notifications"),
        _sum(notifications.c.alerts).label("stored_alerts"),
        _sum(notifications.c.processed).label("processed_alerts"),
        _sum(notifications.c.alerts, waits).label("inbox_pending"),
        _number(quarantine, quarantine.c.settled_as.is_distinct_from(PROCESSED)).label("quarantined_alerts"),
        _number(quarantine, quarantine.c.settled_at.is_(None)).label("quarantine_waiting"),
        _number(incidents, is_open).label("open_incidents"),
        _number(incidents, is_open, incidents.c.flow_run_id.is_(None)).label("incidents_without_run"),
        _number(approvals, approvals.c.status == ApprovalStatus.PENDING).label("pending_approvals"),
    )
    return Counts(**(await connection.execute(statement)).mappings().one())


def _number(table: FromClause, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*where).scalar_subquery()


def _sum(column: ColumnElement[int], *where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.coalesce(func.sum(column), 0)).where(*where).scalar_subquery()
