"""What is left beside an env file while its content is being brought up."""

import contextlib
import hashlib
from pathlib import Path

from steadyhand.errors import ConfigurationError


class Note:
    """Fits one content of the env file: the one that was about to be brought up when it was left.

    A note that fits no more is void: somebody has written the file since.
    """

    def __init__(self, env_file: Path) -> None:
        self._path = env_file.with_name(f".{env_file.name}.steadyhand-applying")

    def leave(self, content: bytes) -> None:
        """The note fits this content. Raises ConfigurationError when it cannot be written."""
        try:
            self._path.write_text(_digest(content))
        except OSError as error:
            raise ConfigurationError(f"cannot write {self._path}: {error.strerror}; nothing was changed") from error

    def fits(self, content: bytes) -> bool:
        """Whether this content was about to be brought up, and nobody has said since that it serves."""
        try:
            return self._path.read_text(errors="replace") == _digest(content)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise ConfigurationError(f"cannot read {self._path}: {error.strerror}") from error

    def remove(self) -> None:
        """There is no note."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
