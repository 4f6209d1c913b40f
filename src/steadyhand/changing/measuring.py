"""The case of an incident as a measurement is asked it, again and again."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from steadyhand.probes.probe import Case
from steadyhand.profile import Profile
from steadyhand.store import alerts, incidents
from steadyhand.store.database import Database


async def cases(database: Database, profile: Profile, incident_id: UUID) -> Callable[[datetime], Case]:
    """The incident's case at any instant."""
    async with database.transaction() as connection:
        incident = await incidents.get(connection, incident_id)
        known = await alerts.of_incident(connection, incident_id)
    within = profile.within(incident.environment)
    return lambda now: Case(profile=within, incident=incident, alerts=known, now=now)
