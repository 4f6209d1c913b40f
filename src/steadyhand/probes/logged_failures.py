"""What the log says of failed tasks, where the orchestrator's own endpoints cannot be asked (D2, D1)."""

from collections import Counter
from datetime import timedelta

from steadyhand.clients.logs import FailureLog, log_source_of
from steadyhand.domain.evidence import Answer, Verdict
from steadyhand.errors import PermanentError, TransientError, UnexpectedAnswer
from steadyhand.probes.probe import Case
from steadyhand.profile import Logs

_ERROR_SHOWN = 160
_ERRORS_SHOWN = 20


async def logged_instead(case: Case, refused: UnexpectedAnswer) -> FailureLog:
    """The failures of the log's window, because the orchestrator `refused` to tell.

    What is raised when the log cannot tell either says both reasons.
    """
    logs = case.profile.logs
    try:
        return await log_source_of(logs).failures(case.now - timedelta(seconds=logs.window_seconds), case.now)
    except TransientError as error:
        raise TransientError(f"{refused}; and the log instead: {error}") from error
    except PermanentError as error:
        raise UnexpectedAnswer(f"{refused}; and the log instead: {error}") from error


def judged(found: FailureLog, logs: Logs) -> Answer:
    """D2 from the log: too many failures, few, or nothing to go by. That tasks fail does not prove starvation (M3)."""
    seen = "" if found.lines_seen is None else f" among {found.lines_seen} entries"
    summary = (
        f"the log, for want of the endpoint: {found.failures_total} tasks failed in {logs.window_seconds:g} s{seen}"
    )
    if found.failures_total > logs.failures_limit:
        return _answer(Verdict.BAD, f"{summary}, limit {logs.failures_limit}{_worst(found)}", found)
    if found.truncated:
        return _answer(Verdict.UNKNOWN, f"{summary}, but not all of it could be read", found)
    if found.silent:
        return _answer(Verdict.UNKNOWN, silence(found, logs), found)
    return _answer(Verdict.OK, f"{summary}, limit {logs.failures_limit}", found)


def silence(found: FailureLog, logs: Logs) -> str:
    """Words for a log without any entry in the window."""
    newest = f"; its newest entry is of {found.newest_entry_at:%Y-%m-%d %H:%M:%S} UTC" if found.newest_entry_at else ""
    return f"the log is silent: no entry of any kind in the last {logs.window_seconds:g} s{newest}"


def _answer(verdict: Verdict, summary: str, found: FailureLog) -> Answer:
    errors = Counter(f.error[:_ERROR_SHOWN] for f in found.failures)
    return Answer(
        verdict=verdict,
        summary=summary,
        facts={
            "source": "logs",
            "failures": found.failures_total,
            "errors": dict(errors.most_common(_ERRORS_SHOWN)),
            "lines_seen": found.lines_seen,
            "truncated": found.truncated,
        },
    )


def _worst(found: FailureLog) -> str:
    worst = Counter(f.error[:_ERROR_SHOWN] for f in found.failures).most_common(1)
    return f"; most often ({worst[0][1]}): {worst[0][0]}" if worst else ""
