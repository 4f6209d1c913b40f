"""One line of a log, read by the keys of the profile."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json

from steadyhand.clients.logs.source import LoggedFailure
from steadyhand.profile import Logs

_SHOWN = 120
_NUMBER = re.compile(r"\d{1,20}(\.\d{1,9})?")
_LARGEST_SECONDS = 1e11
_NO_ERROR = "no error given"


@dataclass(frozen=True)
class Entry:
    """What one line says. `event` and `at` are None where the line does not have them."""

    event: str | None
    at: datetime | None
    task_id: str | None
    error: str

    def failure(self, at: datetime) -> LoggedFailure:
        """This entry as a task's failure at this instant."""
        return LoggedFailure(at=at, task_id=self.task_id, error=self.error)


def read(line: bytes | str, keys: Logs) -> Entry | None:
    """The line's entry, or None when it is no JSON object: torn, a traceback's, another format's."""
    text = line.decode("utf-8", errors="replace") if isinstance(line, bytes) else line
    try:
        found = from_json(text.strip("\0 \t\r\n"))
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    event = _value(found, keys.event_key)
    task_id = _value(found, keys.task_key)
    return Entry(
        event=event if isinstance(event, str) else None,
        at=instant(_value(found, keys.time_key)),
        task_id=str(task_id) if isinstance(task_id, str | int) and task_id != "" else None,
        error=_words(_value(found, keys.error_key)) or _NO_ERROR,
    )


def instant(value: Any) -> datetime | None:
    """ISO 8601 (without an offset it is UTC), or seconds, milli-, micro- or nanoseconds since 1970; None for others."""
    try:
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        seconds = float(value)
        while _LARGEST_SECONDS < seconds < _LARGEST_SECONDS**2:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def shown(line: bytes | str) -> str:
    """The beginning of a line, for a message."""
    text = line[: 4 * _SHOWN].decode("utf-8", errors="replace") if isinstance(line, bytes) else line
    flat = " ".join(text[: 4 * _SHOWN].split())[:_SHOWN]
    return repr(flat)


def _value(found: Mapping[str, Any], key: str) -> Any:
    """The value under `a.b`: a key of that very name, else the way through the objects."""
    if key in found:
        return found[key]
    first, _, rest = key.partition(".")
    below = found.get(first)
    return _value(below, rest) if rest and isinstance(below, Mapping) else None


def _words(value: Any) -> str:
    if value is None or isinstance(value, str):
        return (value or "").strip()
    return to_json(value).decode()
