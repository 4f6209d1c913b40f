"""An incident on the terminal, line by line as it happens."""

import asyncio
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from steadyhand.domain.incident import Incident
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.store import incidents, timeline
from steadyhand.store.database import Database

_POLL_SECONDS = 0.3
_STYLES = {
    Kind.ALERT: "bold red",
    Kind.FINDING: "cyan",
    Kind.DIAGNOSIS: "bold yellow",
    Kind.PLAN: "bold yellow",
    Kind.APPROVAL: "bold magenta",
    Kind.CHANGE: "bold blue",
    Kind.VERIFICATION: "bold green",
    Kind.EXIT: "green",
    Kind.DOCUMENT: "green",
    Kind.TROUBLE: "red",
    Kind.CLOSED: "bold green",
    Kind.MESSAGE: "dim",
}


class Follower:
    """Prints what is new on one incident's timeline."""

    def __init__(self, console: Console, database: Database, incident_id: UUID) -> None:
        self._console = console
        self._database = database
        self._incident_id = incident_id
        self._seen = 0

    async def catch_up(self) -> tuple[TimelineEntry, ...]:
        """The entries that are new since the last call, printed."""
        async with self._database.transaction() as connection:
            found = await timeline.read(connection, self._incident_id, after=self._seen)
        for position, entry in found:
            self._seen = position
            self._console.print(line(entry))
        return tuple(entry for _, entry in found)

    async def incident(self) -> Incident:
        """The incident as it is now."""
        async with self._database.transaction() as connection:
            return await incidents.get(connection, self._incident_id)

    async def pause(self) -> None:
        """A moment between two looks."""
        await asyncio.sleep(_POLL_SECONDS)


def line(entry: TimelineEntry) -> str:
    """One entry in Rich's markup; what alerts say stays text."""
    style = _STYLES.get(entry.kind, "white")
    return f"[dim]{entry.at:%H:%M:%S}[/dim] [{style}]{entry.kind:<13}[/{style}] {escape(entry.summary)}"


def incident_table(found: tuple[Incident, ...]) -> Table:
    """Incidents as a table."""
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "environment", "service", "severity", "status", "opened (UTC)", "what"):
        table.add_column(heading)
    for one in found:
        table.add_row(
            one.short_id,
            one.environment,
            escape(one.service),
            one.severity,
            one.status,
            f"{one.opened_at:%Y-%m-%d %H:%M}",
            escape(one.description[:80]),
        )
    return table
