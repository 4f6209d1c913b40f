"""What must happen without the master run: start it, let questions expire, wake it, and revive it after a crash.

Several dispatchers may run: starting a run twice gives the same run, and what else is done is done by one of them.
"""

import asyncio
from itertools import count
from uuid import UUID

import structlog

from steadyhand.approving import expire
from steadyhand.domain.incident import IncidentStatus
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import PermanentError, TransientError
from steadyhand.launcher import Launcher, Waking
from steadyhand.profile import Profile
from steadyhand.store import approvals, incidents
from steadyhand.store.bell import Bell
from steadyhand.store.database import Database
from steadyhand.store.timeline import write

_log = structlog.get_logger(__name__)
_PAUSE_SECONDS = 0.3
_TROUBLED_PAUSE_SECONDS = 2.0
_TURNS_BETWEEN_LOOKS = 10


async def dispatch(profile: Profile, database: Database) -> None:
    """Runs for ever. Trouble with Prefect or the database is logged and tried again; nothing is given up.

    A turn follows each ring of the bell at once, and the last turn after a pause: the bell may be deaf.
    """
    while True:
        try:
            async with Launcher(profile.prefect) as launcher, Bell(database) as bell:
                for number in count():
                    await turn(database, launcher, look_at_runs=number % _TURNS_BETWEEN_LOOKS == 0)
                    await bell.wait(_PAUSE_SECONDS)
        except (TransientError, PermanentError, OSError) as error:
            _log.warning("dispatch_will_be_tried_again", reason=str(error)[:500])
        await asyncio.sleep(_TROUBLED_PAUSE_SECONDS)


async def turn(database: Database, launcher: Launcher, *, look_at_runs: bool) -> None:
    """One round over everything that waits; with `look_at_runs`, over the health of the master runs too."""
    await expire(database, utc_now())
    await _start_runs(database, launcher)
    await _wake_runs(database, launcher)
    if look_at_runs:
        await _revive_runs(database, launcher)


async def _start_runs(database: Database, launcher: Launcher) -> None:
    async with database.transaction() as connection:
        waiting = await incidents.without_run(connection)
    for incident in waiting:
        # No row is held while Prefect is asked: however slow it is, alerts go on joining the incident (rule 7).
        try:
            run_id = await launcher.start(incident)
        except PermanentError as refusal:
            # One incident that Prefect does not take must not keep the others waiting; it is tried again.
            _log.error("master_run_refused", incident=str(incident.id), reason=str(refusal)[:500])
            continue
        async with database.transaction() as connection:
            if not await incidents.begin(connection, incident, run_id):
                continue
            entry = _entry(incident.id, Kind.PHASE, f"master run {run_id} started", once=f"started:{run_id}")
            await write(connection, entry)
        _log.info("master_run_started", incident=str(incident.id), flow_run=str(run_id))


async def _wake_runs(database: Database, launcher: Launcher) -> None:
    async with database.transaction() as connection:
        for approval, run_id in await approvals.unheard(connection):
            if await launcher.wake(run_id) is Waking.GONE:
                entry = _entry(
                    approval.incident_id,
                    Kind.TROUBLE,
                    f"{approval.gate} was {approval.status}, but run {run_id} is gone and cannot go on; "
                    "start another with `steadyhand incident start`",
                    once=f"gone:{approval.id}",
                )
                await write(connection, entry)
                await approvals.woken(connection, approval.id, utc_now())


async def _revive_runs(database: Database, launcher: Launcher) -> None:
    """Crashed master runs of open incidents go on; of those that ended for good, the timeline says so, once."""
    async with database.transaction() as connection:
        found = await incidents.listed(connection, open_only=True)
    for incident in found:
        if incident.flow_run_id is None:
            continue
        ended = await launcher.revive(incident.flow_run_id)
        if ended is None:
            continue
        entry = _entry(
            incident.id,
            Kind.TROUBLE,
            f"master run {incident.flow_run_id} ended ({ended}); "
            "look at it, then start another with `steadyhand incident start`",
            once=f"ended:{incident.flow_run_id}",
        )
        async with database.transaction() as connection:
            if await write(connection, entry):
                await incidents.set_status(connection, incident.id, IncidentStatus.NEEDS_PERSON)


def _entry(incident_id: UUID, kind: Kind, summary: str, *, once: str) -> TimelineEntry:
    return TimelineEntry(
        incident_id=incident_id, at=utc_now(), kind=kind, actor="dispatcher", summary=summary, once=once
    )
