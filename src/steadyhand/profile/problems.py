"""What is wrong with a profile, and where."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from steadyhand.errors import ConfigurationError

Key = tuple[int | str, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing about the profile, in a line of the file or in the variable that overrides it.

    An error makes the profile invalid; a warning is worth a second look.
    """

    key: str
    message: str
    file: Path | None = None
    line: int | None = None
    variable: str | None = None
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """`FILE:LINE: key: what is wrong`, or `$VARIABLE: key: what is wrong`."""
        place = f"${self.variable}" if self.variable else f"{self.file}:{self.line}" if self.line else self.file
        level = self.level if self.level == "warning" else ""
        return ": ".join(str(part) for part in (place, level, self.key, self.message) if part)

    def as_json(self) -> dict[str, str | int | None]:
        """For scripts. What a variable sets has neither file nor line."""
        file = None if self.variable or self.file is None else str(self.file)
        message = f"${self.variable}: {self.message}" if self.variable else self.message
        return {"level": self.level, "file": file, "line": self.line, "key": self.key, "message": message}


class InvalidProfile(ConfigurationError):
    """A profile that does not hold; `problems` are all that is wrong with it."""

    def __init__(self, path: Path | None, problems: tuple[Problem, ...]) -> None:
        told = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{path or 'the environment'} is not a valid profile:\n{told}")
        self.problems = problems


def dotted(key: Key) -> str:
    """The key as one would write it in TOML; places in a list are counted from 0."""
    parts = [f"[{p}]" if isinstance(p, int) else p if _BARE.fullmatch(p) else json.dumps(p) for p in key]
    return ".".join(parts).replace(".[", "[")
