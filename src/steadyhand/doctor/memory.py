"""What the doctor said last, in a file of the state directory."""

import os
import tempfile
from pathlib import Path

from pydantic import ValidationError

from steadyhand.doctor.change import Standing
from steadyhand.errors import TransientError

_FILE = "doctor.json"
_MAX_BYTES = 4_000_000


def recalled(state_dir: Path) -> Standing:
    """The drift that was told of; none where the file is absent or broken: then all of it is told once more."""
    try:
        with (state_dir / _FILE).open("rb") as file:
            return Standing.model_validate_json(file.read(_MAX_BYTES))
    except (OSError, ValidationError):
        return Standing()


def remember(state_dir: Path, standing: Standing) -> None:
    """The file holds this, whole, whenever the process is killed. Raises TransientError when the disk refuses."""
    path = state_dir / _FILE
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=state_dir, prefix=f".{_FILE}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(standing.model_dump_json())
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise TransientError(f"cannot write {path}: {error.strerror}") from error
