"""Removing the silence, however the mitigation ended."""

from uuid import UUID

from steadyhand.clients import silences
from steadyhand.clients.silences import Silence
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Plan
from steadyhand.domain.timeline import Kind
from steadyhand.errors import PermanentError, TransientError
from steadyhand.profile import Profile
from steadyhand.silencing.recording import has_ended, tell, told, was_set
from steadyhand.silencing.wish import AUTHOR, is_wished, mark
from steadyhand.store.database import Database
from steadyhand.store.timeline import found


async def remove_silence(
    database: Database, profile: Profile, incident: Incident, plan: Plan, approval_id: UUID, *, last_try: bool
) -> None:
    """No silence of the incident stands, and the timeline says so; or it says which could not be removed (rule 7).

    One that ended by itself or by hand is as good as removed. Raises TransientError when there is another try and one
    is known to have been set; where none is, the trouble was told already.
    """
    within = profile.within(incident.environment)
    async with database.transaction() as connection:
        known = await found(connection, incident.id, was_set(approval_id))
    if known is None and not is_wished(within, plan):
        return
    try:
        removed = await _removed(within, incident)
    except (TransientError, PermanentError) as error:
        if known is None:
            return
        if isinstance(error, TransientError) and not last_try:
            raise
        summary = f"could not remove the {known.summary}, when it ends by itself: {error}"
        await tell(database, incident, Kind.TROUBLE, summary, once=f"silence:{approval_id}:not removed")
        return
    for one in removed:
        summary = f"silence {one.id} removed, was to stand until {told(one.ends_at)}"
        await tell(database, incident, Kind.PHASE, summary, once=has_ended(one.id))
    if known is not None:
        gone = str(known.detail["silence"])
        await tell(database, incident, Kind.PHASE, f"silence {gone} had ended already", once=has_ended(gone))


async def _removed(within: Profile, incident: Incident) -> tuple[Silence, ...]:
    """The silences that stood and stand no more: it is asked again, as an answer alone is no proof (rule 5)."""
    settings, begins = within.alertmanager, mark(incident)
    before = await silences.standing(settings, created_by=AUTHOR, mark=begins)
    for silence in before:
        await silences.expire(settings, silence)
    if before and await silences.standing(settings, created_by=AUTHOR, mark=begins):
        raise TransientError("Alertmanager accepted the removal and shows the silence all the same")
    return before
