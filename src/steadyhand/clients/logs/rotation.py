"""A log file and the older parts that rotation left beside it."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from steadyhand.errors import ConfigurationError, TransientError

_AGE = r"[.-]\d[\dT:_.-]*"
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_GONE_FOR_GOOD = (NotADirectoryError, PermissionError, IsADirectoryError)


@dataclass(frozen=True)
class Part:
    """One file of the log, as it was when the directory was read."""

    path: Path
    identity: tuple[int, int]
    modified: float
    bytes: int

    @property
    def packing(self) -> str:
        """How it is compressed: one of the usual endings, or nothing."""
        return self.path.suffix if self.path.suffix in _PACKED else ""


def parts(path: Path) -> tuple[Part, ...]:
    """The log's parts, newest first: the file itself, then `.1`, `.2.gz`, `-20261123` and the like by their age.

    Of a part that is just being compressed, the whole one counts. Raises ConfigurationError where there is no log or it
    may not be read, TransientError when the disk is in trouble.
    """
    older = re.compile(re.escape(path.name) + _AGE + rf"({'|'.join(map(re.escape, _PACKED))})?")
    try:
        names = {entry for entry in os.listdir(path.parent) if entry == path.name or older.fullmatch(entry)}  # noqa: PTH208
        found = [part for name in names if (part := _part(path.with_name(name), asked_for=name == path.name))]
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no directory {path.parent}; correct logs.source.path") from error
    except OSError as error:
        raise unreadable(path, error) from error
    if not found:
        raise ConfigurationError(f"there is no log {path}; correct logs.source.path")
    whole = [p for p in found if not (p.packing and p.path.with_suffix("").name in names)]
    return tuple(sorted(whole, key=lambda p: (p.path != path, -p.modified, p.path.name)))


def unreadable(path: Path, error: OSError) -> ConfigurationError | TransientError:
    """What this error of the operating system means: something to be set right, or trouble that may pass."""
    kind = ConfigurationError if isinstance(error, _GONE_FOR_GOOD) else TransientError
    return kind(f"the log {path} cannot be read: {error.strerror or type(error).__name__}")


def _part(path: Path, *, asked_for: bool) -> Part | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        if asked_for:
            raise ConfigurationError(f"the log {path} is no regular file; correct logs.source.path")
        return None
    return Part(path, (status.st_dev, status.st_ino), status.st_mtime, status.st_size)
