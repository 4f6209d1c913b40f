"""Which line of a TOML text a key stands on."""

import tomllib
from collections.abc import Mapping
from typing import Any

_Path = tuple[int | str, ...]


class LineNumbers:
    """The first line of the statement that sets each key, found with the standard parser alone.

    A beginning of the text that parses ends with a whole statement; the keys it has and the one before it has not are
    set by the lines between them. A text that is no TOML has lines as far as it is.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[_Path, int] = {}
        # Not splitlines: it also splits at characters that are part of a string for TOML.
        lines = text.replace("\r\n", "\n").split("\n")
        whole = 0
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                whole = number if whole == number - 1 else whole
                continue
            try:
                parsed = tomllib.loads("\n".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue
            for path in _paths(parsed):
                self._lines.setdefault(path, whole + 1)
            whole = number

    def of(self, path: _Path) -> int | None:
        """The line, counted from 1, or None when the text does not set this key."""
        return self._lines.get(tuple(path))


def _paths(value: Any, above: _Path = ()) -> list[_Path]:
    found: list[_Path] = [above] if above else []
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        found += _paths(below, (*above, key))
    return found
