"""Looking for ever: on schedule, and at once when an alert fires again that was resolved (the notes' contract, 4)."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from steadyhand.domain.record import utc_now
from steadyhand.errors import SteadyhandError
from steadyhand.profile import Profile
from steadyhand.reconciling.reconciliation import reconcile
from steadyhand.store.database import Database
from steadyhand.store.reconciliations import take_turn

_log = structlog.get_logger(__name__)
_PAUSE_SECONDS = 0.5
_TROUBLED_PAUSE_SECONDS = 2.0
_WORDS = 500


async def watch(profile: Profile, database: Database) -> None:
    """Runs until cancelled. Any number of processes share the looks; trouble is logged, and the next look comes.

    Being cancelled, or killed, at any point loses nothing: the next look finds what this one did not deliver.
    """
    while True:
        pause = _PAUSE_SECONDS
        try:
            await _look_if_due(profile, database)
        except (SteadyhandError, SQLAlchemyError, OSError) as error:
            _log.warning("reconciliation_will_be_tried_again", reason=str(error)[:_WORDS])
            pause = _TROUBLED_PAUSE_SECONDS
        await asyncio.sleep(pause)


async def _look_if_due(profile: Profile, database: Database) -> None:
    async with database.transaction() as connection:
        mine = await take_turn(connection, every_seconds=profile.alertmanager.reconcile_seconds)
    if not mine:
        return
    found = await reconcile(profile, database, utc_now())
    for source in found.sources:
        if source.problem:
            _log.warning("source_of_alerts_not_asked", source=source.source, problem=source.problem[:_WORDS])
    if found.opened or found.resolved:
        _log.info("reconciled", opened=found.opened, resolved=found.resolved, kept=found.kept)
