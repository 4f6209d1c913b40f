"""Whether the application's log can be read, and is fresh (D2)."""

from datetime import datetime, timedelta
from functools import partial

from steadyhand.clients.logs import FailureLog, log_source_of
from steadyhand.doctor.checkup import Area, Check, Seen, drift, ok, unknown
from steadyhand.doctor.ground import Ground
from steadyhand.domain.record import utc_now


def checks(ground: Ground) -> tuple[Check, ...]:
    """One check: the log."""
    look = partial(_look, ground)
    return (Check(area=Area.LOGS, name="source", requirement="D2", look=look, environment=ground.name),)


def judged(found: FailureLog, window_seconds: float, now: datetime) -> Seen:
    """Whether what was read is of now."""
    if not found.silent:
        seen = found.failures_total if found.lines_seen is None else found.lines_seen
        return ok(f"readable: {seen} entries, {found.failures_total} failures, in the last {window_seconds:.0f} s")
    if found.newest_entry_at is None:
        return unknown(f"readable, but it has no entry in the last {window_seconds:.0f} s")
    hours = (now - found.newest_entry_at).total_seconds() / 3600
    return drift(f"its newest entry is {hours:.1f} h old: is the log still written there?")


async def _look(ground: Ground) -> Seen:
    settings, now = ground.profile.logs, utc_now()
    if settings.source is None:
        return unknown("no log is configured: set logs.source")
    found = await log_source_of(settings).failures(now - timedelta(seconds=settings.window_seconds), now)
    return judged(found, settings.window_seconds, now)
