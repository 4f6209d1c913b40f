"""A log as structlog writes it, for a window that ended at noon."""

import gzip
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from steadyhand.clients.logs import FailureLog, log_source_of
from steadyhand.profile import Logs

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=15)


def entry(minutes_ago: float, event: str = "task_execution_failed", **more: object) -> str:
    """One line as structlog writes it."""
    at = NOW - timedelta(minutes=minutes_ago)
    named = {"task_id": f"t-{minutes_ago:g}", "error": "planner said no"} if event == "task_execution_failed" else {}
    return json.dumps({"event": event, "timestamp": at.isoformat().replace("+00:00", "Z"), **named, **more})


def write(path: Path, lines: Iterable[str], *, minutes_ago: float = 0, end: str = "\n") -> None:
    """A part of the log, last changed then."""
    content = ("\n".join(lines) + end).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    at = (NOW - timedelta(minutes=minutes_ago)).timestamp()
    os.utime(path, (at, at))


def settings(path: Path, *, max_bytes: int = 50_000_000, **keys: str) -> Logs:
    """A profile's table for this file."""
    return Logs.model_validate({"source": {"kind": "file", "path": path, "max_bytes": max_bytes}, **keys})


async def failures(path: Path, *, max_bytes: int = 50_000_000, **keys: str) -> FailureLog:
    """What the last quarter of an hour holds."""
    return await log_source_of(settings(path, max_bytes=max_bytes, **keys)).failures(SINCE, NOW)


def ids(found: FailureLog) -> list[str | None]:
    """The tasks that failed, newest first."""
    return [f.task_id for f in found.failures]
