"""A file's next content, beside it until it takes its place."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steadyhand.errors import ChangeRefused, ConfigurationError


class Draft:
    """`path` holds the next content, with the mode and the owner of the file it is for."""

    def __init__(self, path: Path, target: Path, before: bytes) -> None:
        self.path = path
        self._target = target
        self._before = before

    def take_its_place(self) -> None:
        """The file has the next content, whole or not at all. Raises ChangeRefused when somebody has changed it."""
        try:
            if self._target.read_bytes() != self._before:
                raise ChangeRefused(f"somebody changed {self._target} just now; nothing was overwritten")
            self.path.replace(self._target)
        except OSError as error:
            raise ChangeRefused(f"{self._target} cannot be replaced ({error.strerror}); nothing was changed") from error


@contextmanager
def draft(target: Path, *, before: bytes, content: bytes) -> Iterator[Draft]:
    """The draft, gone at the end of the block unless it has taken its place. A symbolic link stays one.

    Raises ConfigurationError when it cannot be written there, or not with the same owner.
    """
    real = target.resolve()
    try:
        descriptor, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.steadyhand-")
    except OSError as error:
        raise ConfigurationError(f"cannot write beside {target}: {error.strerror}") from error
    try:
        _fill(descriptor, real, content)
        yield Draft(Path(name), real, before)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _fill(descriptor: int, real: Path, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            is_, made = real.stat(), os.fstat(file.fileno())
            if (is_.st_uid, is_.st_gid) != (made.st_uid, made.st_gid):
                os.fchown(file.fileno(), is_.st_uid, is_.st_gid)
            os.fchmod(file.fileno(), is_.st_mode & 0o7777)
        except OSError as error:
            raise ConfigurationError(
                f"cannot write {real} anew with its owner and mode: {error.strerror}; nothing was changed"
            ) from error
