"""What was met while a log was read."""

import heapq
from collections.abc import Iterable
from datetime import datetime
from itertools import count

from steadyhand.clients.logs.entry import Entry, read, shown
from steadyhand.clients.logs.source import FAILURES_KEPT, FailureLog, LoggedFailure
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import Logs


class Tally:
    """Counts the entries of a window, and keeps its newest failures, however many there are."""

    def __init__(self, keys: Logs, since: datetime, until: datetime) -> None:
        self._keys = keys
        self._since = since
        self._until = until
        self._kept: list[tuple[datetime, int, LoggedFailure]] = []
        self._order = count()
        self._failures = 0
        self._entries = 0
        self._named = 0
        self._strange: str | None = None
        self._newest: datetime | None = None
        self.truncated = False

    def add(self, lines: Iterable[bytes]) -> bool:
        """Counts these lines; True when they are of the time before the window, all of them that tell theirs."""
        told = older = 0
        for line in lines:
            if line.strip(b"\0 \t\r\n"):
                at = self.add_line(line)
                told += at is not None
                older += at is not None and at < self._since
        return told > 0 and told == older

    def add_line(self, line: bytes | str, otherwise: datetime | None = None) -> datetime | None:
        """Counts one line, and tells its time; `otherwise` is its time where it tells none itself."""
        entry = read(line, self._keys)
        at = (entry.at or otherwise) if entry else None
        if entry is None or at is None:
            self._strange = self._strange or shown(line)
            return None
        self._newest = max(self._newest or at, at)
        if self._since <= at <= self._until:
            self._entries += 1
            self._count(entry, at, line)
        return at

    def result(self) -> FailureLog:
        """What was met. Raises UnexpectedAnswer when lines were met, but none that the profile's keys can read."""
        if self._strange and not self._newest:
            keys = f"JSON objects with a time under {self._keys.time_key!r}"
            raise UnexpectedAnswer(f"its lines are no {keys}; one looks like {self._strange}")
        if self._entries and not self._named:
            raise UnexpectedAnswer(
                f"no entry has a name under {self._keys.event_key!r}; one looks like {self._strange}"
            )
        newest_first = tuple(failure for _, _, failure in sorted(self._kept, reverse=True))
        return FailureLog(
            failures=newest_first,
            failures_total=self._failures,
            lines_seen=self._entries,
            newest_entry_at=self._newest,
            truncated=self.truncated,
        )

    def _count(self, entry: Entry, at: datetime, line: bytes | str) -> None:
        if entry.event is None:
            self._strange = self._strange or shown(line)
            return
        self._named += 1
        if entry.event != self._keys.failure_event:
            return
        self._failures += 1
        # The count keeps failures of one instant apart: two records have no order.
        item = (at, next(self._order), entry.failure(at))
        keep = heapq.heappush if len(self._kept) < FAILURES_KEPT else heapq.heappushpop
        keep(self._kept, item)
