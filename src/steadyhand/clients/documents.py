"""Files that outlive the incident (C2)."""

import os
import tempfile
from datetime import date
from pathlib import Path

from steadyhand.errors import TransientError
from steadyhand.profile import Documents


def summary_path(settings: Documents, root: Path, day: date) -> Path:
    """Where that day's incident summary stands."""
    return root / settings.summary.replace("{date}", day.isoformat())


def write_section(path: Path, marker: str, section: str) -> None:
    """The document holds this section once, under its marker; writing it again replaces it and keeps the others.

    Two incidents of one day share a file. Raises TransientError when the disk refuses.
    """
    begin, end = f"<!-- {marker} -->", f"<!-- end {marker} -->"
    block = f"{begin}\n{section.rstrip()}\n{end}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if begin in before and end in before:
            head, _, rest = before.partition(begin)
            text = head + block + rest.partition(end)[2].lstrip("\n")
        else:
            text = f"{before.rstrip()}\n\n{block}" if before else block
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except (OSError, UnicodeError) as error:
        raise TransientError(f"cannot write {path}: {error}") from error
