"""Files that are always whole: a reader sees the old content or the new one, never half of it."""

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, content: str, *, mode: int = 0o644) -> None:
    """`path` holds exactly `content` afterwards; on an error it holds what it held before."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
