"""A log in a file: JSON lines as structlog writes them, and the parts rotation left beside it (D2, D1)."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from steadyhand.clients.logs.backwards import Allowance, Torn, gzip_blocks, opened, plain_blocks
from steadyhand.clients.logs.rotation import Part, parts, unreadable
from steadyhand.clients.logs.source import FailureLog
from steadyhand.clients.logs.tally import Tally
from steadyhand.errors import TransientError, UnexpectedAnswer
from steadyhand.profile import FileLogs, Logs

READING_SECONDS = 8.0
_GRACE_SECONDS = 1.0
_READINGS = 3
_CLOCKS_DIFFER_SECONDS = 300.0


class FileLog:
    """Reads the newest part from its end, then older ones, until the window is over or a limit is reached."""

    def __init__(self, source: FileLogs, keys: Logs, *, seconds: float = READING_SECONDS) -> None:
        self._path = source.path
        self._max_bytes = source.max_bytes
        self._keys = keys
        self._seconds = seconds

    async def failures(self, since: datetime, until: datetime) -> FailureLog:
        """See LogSource. The thread that reads ends with this call, however that ends."""
        allowance = Allowance(max_bytes=self._max_bytes, seconds=self._seconds)
        try:
            async with asyncio.timeout(self._seconds + _GRACE_SECONDS):
                return await asyncio.to_thread(self._read, since, until, allowance)
        except TimeoutError as error:
            raise TransientError(f"the disk of the log {self._path} does not answer") from error
        finally:
            allowance.end()

    def _read(self, since: datetime, until: datetime, allowance: Allowance) -> FailureLog:
        """A rotation while reading can show lines twice or hide some; then all is read again."""
        for _ in range(_READINGS):
            tally = Tally(self._keys, since, until)
            before = parts(self._path)
            unread = [part for part in _written_since(since, before) if not self._add(part, tally, allowance)]
            tally.truncated = bool(unread)
            if _same(before, parts(self._path)):
                return self._result(tally)
        raise TransientError(f"the log {self._path} was rotated each of {_READINGS} times it was read")

    def _result(self, tally: Tally) -> FailureLog:
        try:
            return tally.result()
        except UnexpectedAnswer as error:
            raise UnexpectedAnswer(f"the log {self._path} is of another format: {error}") from error

    def _add(self, part: Part, tally: Tally, allowance: Allowance) -> bool:
        """Counts what this part holds of the window. False when some of it could not be read."""
        if part.packing not in {"", ".gz"}:
            return False
        try:
            with opened(part.path) as file:
                blocks: Iterator[list[bytes]] = (gzip_blocks if part.packing else plain_blocks)(file, allowance)
                for lines in blocks:
                    if tally.add(lines) and not part.packing:
                        return True
        except (Torn, FileNotFoundError):
            return False
        except OSError as error:
            raise unreadable(part.path, error) from error
        return True


def _written_since(since: datetime, found: tuple[Part, ...]) -> tuple[Part, ...]:
    """The newest part, and those that can hold entries of the window: none holds what is newer than its last change."""
    begin = since.timestamp() - _CLOCKS_DIFFER_SECONDS
    return (found[0], *(p for p in found[1:] if p.modified >= begin))


def _same(before: tuple[Part, ...], after: tuple[Part, ...]) -> bool:
    """Nothing was rotated in between; that the log grew is no rotation."""
    if [(p.path, p.identity) for p in before] != [(p.path, p.identity) for p in after]:
        return False
    return all(now.bytes >= then.bytes for then, now in zip(before, after, strict=True))
