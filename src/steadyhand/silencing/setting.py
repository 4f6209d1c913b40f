"""Setting the silence, once for an approval."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from steadyhand.changing.recording import granted
from steadyhand.clients import quoting, silences
from steadyhand.clients.silences import Wanted
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Plan
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind
from steadyhand.errors import PermanentError, TransientError
from steadyhand.profile import Alertmanager, Profile
from steadyhand.silencing.recording import tell, told, was_set
from steadyhand.silencing.wish import AUTHOR, NAME, is_wished, mark, wish
from steadyhand.store.alerts import of_incident
from steadyhand.store.database import Database
from steadyhand.store.timeline import written

_NAMES_SHOWN = 5


async def silence_alerts(
    database: Database, profile: Profile, incident: Incident, plan: Plan, approval_id: UUID, *, last_try: bool
) -> None:
    """The incident's own alerts are silent, and the timeline says until when; or it says why they are not (rule 7).

    Once for an approval: a silence that somebody ended meanwhile is not set again. None is set where the profile wishes
    none, where no alert belongs to the incident, for a dry run, and without a yes to exactly this plan. Raises
    TransientError when there is another try.
    """
    within, once = profile.within(incident.environment), was_set(approval_id)
    if not is_wished(within, plan):
        return
    async with database.transaction() as connection:
        if await written(connection, incident.id, once):
            return
    try:
        wanted = await _wanted(database, within, incident, plan, approval_id)
        if wanted is None:
            return
        silence, end = await _standing(within.alertmanager, incident, wanted)
    except (TransientError, PermanentError) as error:
        if isinstance(error, TransientError) and not last_try:
            raise
        summary = f"its alerts could not be silenced, which nothing waits for: {error}"
        await tell(database, incident, Kind.TROUBLE, summary, once=f"silence:{approval_id}:not set")
        return
    summary = f"silence {silence} for {_listed(wanted.labels[NAME])} until {told(end)}"
    detail = {"silence": silence, "ends_at": end.isoformat()}
    await tell(database, incident, Kind.PHASE, summary, once=once, detail=detail)


async def _wanted(
    database: Database, within: Profile, incident: Incident, plan: Plan, approval_id: UUID
) -> Wanted | None:
    async with database.transaction() as connection:
        approval = await granted(connection, plan, approval_id)
        alerts = await of_incident(connection, incident.id)
    return wish(within, incident, plan, approval, alerts, utc_now()) if alerts else None


async def _standing(settings: Alertmanager, incident: Incident, wanted: Wanted) -> tuple[str, datetime]:
    """The id and the end of the silence that stands: one that an earlier try or another run left, or a new one."""
    before = await silences.standing(settings, created_by=AUTHOR, mark=mark(incident))
    if before:
        return before[0].id, before[0].ends_at
    return await silences.add(settings, wanted), wanted.end


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(quoting.start(name) for name in names[:_NAMES_SHOWN])
    return f"{shown}, ..." if len(names) > _NAMES_SHOWN else shown
