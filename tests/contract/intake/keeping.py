"""The model's deliveries in the store, and what the store then knows, in the model's words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from steadyhand.domain.alert import Alert, AlertStatus, IncidentKey
from steadyhand.domain.incident import Environment, Severity
from steadyhand.store.counts import count
from steadyhand.store.database import Database
from steadyhand.store.inbox import Delivery, Receipt, deliver
from steadyhand.store.joining import House
from steadyhand.store.tables import alert_history, alerts, incidents, notifications
from tests.contract.intake.bodies import T0
from tests.unit.intake.contract import Known, Told

HOUSE = House(channel=lambda team: f"#{team}", commander="on-call")
PLACES = {
    "a": (Environment.PRODUCTION, "one"),
    "b": (Environment.PRODUCTION, "one"),
    "c": (Environment.PRODUCTION, "two"),
    "d": (Environment.STAGING, "one"),
}
"""Which key the model's fingerprints belong to."""


def seconds(instant: datetime | None) -> int | None:
    """As the model counts."""
    return None if instant is None else int((instant - T0).total_seconds())


@dataclass(frozen=True)
class Corner:
    """A part of the store with fingerprints and services of its own, so that examples do not meet."""

    name: str = field(default_factory=lambda: uuid4().hex[:12])

    def key(self, fingerprint: str) -> IncidentKey:
        """The incident key of one of the model's fingerprints."""
        environment, service = PLACES[fingerprint]
        return IncidentKey(environment=environment, service=f"{self.name}-{service}")

    def alert(self, told: Told) -> Alert:
        """The same as the product has it."""
        return Alert(
            key=self.key(told.fingerprint),
            fingerprint=f"{self.name}-{told.fingerprint}",
            status=AlertStatus.FIRING if told.fires else AlertStatus.RESOLVED,
            name=told.fingerprint,
            severity=Severity.WARNING,
            team="ops-memory",
            labels={"alertname": told.fingerprint},
            annotations={},
            starts_at=T0 + timedelta(seconds=told.start),
            ends_at=None if told.end is None else T0 + timedelta(seconds=told.end),
        )

    def delivery(self, notification: Sequence[Told]) -> Delivery:
        """One notification of these."""
        placed = tuple(map(self.alert, notification))
        return Delivery(body=repr(notification).encode(), sender="test", at=T0, placed=placed)

    async def deliver(self, database: Database, batch: Iterable[Sequence[Told]]) -> tuple[Receipt, ...]:
        """These notifications, committed together."""
        async with database.transaction() as connection:
            return await deliver(connection, [self.delivery(one) for one in batch], HOUSE)

    async def known(self, database: Database) -> dict[str, Known]:
        """What the store knows of the alerts."""
        columns = (alerts.c.name, alerts.c.status, alerts.c.starts_at, alerts.c.ends_at)
        statement = select(*columns).where(alerts.c.fingerprint.startswith(self.name))
        async with database.transaction() as connection:
            rows = (await connection.execute(statement)).all()
        return {
            row.name: Known(seconds(row.starts_at) or 0, row.status == AlertStatus.FIRING, seconds(row.ends_at))
            for row in rows
        }

    async def history(self, database: Database) -> list[Told]:
        """What the history tells, in the order it became known."""
        columns = (alert_history.c.name, alert_history.c.starts_at, alert_history.c.ends_at)
        statement = select(*columns).where(alert_history.c.fingerprint.startswith(self.name))
        async with database.transaction() as connection:
            rows = (await connection.execute(statement.order_by(alert_history.c.id))).all()
        return [Told(row.name, seconds(row.starts_at) or 0, seconds(row.ends_at)) for row in rows]

    async def incidents(self, database: Database) -> list[IncidentKey]:
        """The keys of all incidents, sorted."""
        statement = select(incidents.c.environment, incidents.c.service).where(
            incidents.c.service.startswith(self.name)
        )
        async with database.transaction() as connection:
            rows = (await connection.execute(statement)).all()
        return sorted((IncidentKey(**row._mapping) for row in rows), key=str)


async def unaccounted(database: Database) -> int:
    """Alerts that were accepted and are nowhere."""
    async with database.transaction() as connection:
        return (await count(connection)).unaccounted


async def kept(database: Database) -> list[bytes]:
    """The raw bodies, in the order they were taken."""
    async with database.transaction() as connection:
        return list((await connection.execute(select(notifications.c.body).order_by(notifications.c.id))).scalars())
