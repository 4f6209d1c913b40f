"""The last good backup should be young enough (F5).

Good is a run that ended SUCCESS. That a later one failed does not make it older, but is said.
"""

from datetime import datetime, timedelta

from pydantic import JsonValue

from steadyhand.clients import jenkins
from steadyhand.clients.backup import Backup, Run
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.probes.probe import Case, Probe

_CLOCKS_APART = timedelta(minutes=5)


async def _collect(case: Case) -> Answer:
    settings = case.profile.jenkins
    return judged(await jenkins.backup(settings), case.now, settings.max_age_hours)


def judged(backup: Backup, now: datetime, max_age_hours: float) -> Answer:
    """What these runs mean at this instant: unknown when Jenkins' clock is ahead of ours, for then no age is true."""
    facts = _facts(backup, now) | {"max_age_hours": max_age_hours}
    runs = [run for run in (backup.last_run, backup.last_ended, backup.last_success) if run]
    latest = max((run.ended_at for run in runs), default=now)
    if latest > now + _CLOCKS_APART:
        summary = f"Jenkins' clock and ours differ: it speaks of {_instant(latest)}, and it is {_instant(now)} here"
        return Answer(verdict=Verdict.UNKNOWN, summary=summary, facts=facts)
    good = backup.last_success
    if good is None:
        said = "no run has succeeded" if runs else "the job never ran"
        return Answer(
            verdict=Verdict.BAD, summary=f"there is no good backup: {said}{_besides(backup, now)}", facts=facts
        )
    young = now - good.ended_at <= timedelta(hours=max_age_hours)
    limit = "" if young else f", more than the {max_age_hours:g} h allowed"
    summary = f"the last good backup, run {good.number}, is {_hours(now - good.ended_at):g} h old{limit}"
    verdict = Verdict.OK if young else Verdict.BAD
    return Answer(verdict=verdict, summary=summary + _besides(backup, now), facts=facts)


def _besides(backup: Backup, now: datetime) -> str:
    """What else a person should know: a failure, a run under way, a job that is switched off."""
    said = ""
    ended, good, running = backup.last_ended, backup.last_success, backup.under_way
    if ended and (good is None or ended.number > good.number):
        result = ended.result or "without a result"
        said += f"; the latest run to end, {ended.number}, ended {result} at {_instant(ended.ended_at)}"
    if running:
        minutes = max(0, round((now - running.started_at) / timedelta(minutes=1)))
        said += f"; run {running.number} has been under way for {minutes} min"
    return said if backup.enabled else f"{said}; the job is disabled"


def _facts(backup: Backup, now: datetime) -> dict[str, JsonValue]:
    good, ended = backup.last_success, backup.last_ended
    return {
        "last_success": _run(good),
        "age_hours": _hours(now - good.ended_at) if good else None,
        "last_ended": _run(ended),
        "running": backup.under_way is not None,
        "enabled": backup.enabled,
    }


def _run(run: Run | None) -> JsonValue:
    if run is None:
        return None
    return {"number": run.number, "result": run.result, "ended_at": run.ended_at.isoformat(), "url": run.url}


def _hours(age: timedelta) -> float:
    return max(0.0, round(age / timedelta(hours=1), 1))


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


PROBE = Probe(
    name="last_backup",
    requirement="F5",
    branch=Branch.FIRST_FIVE_MINUTES,
    question=__doc__,
    collect=_collect,
    timeout_seconds=25,
)
