"""Values as TOML, in lines a person can read."""

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import tomlkit

WIDTH = 110


def assigned(name: str, value: Any) -> str:
    """`name = value`; a long text is broken at its blanks, and is the same text when read."""
    line = f"{key(name)} = {as_value(value)}"
    if len(line) < WIDTH or not isinstance(value, str):
        return line
    return f'{key(name)} = """\\\n' + " \\\n".join(_broken(value)) + '"""'


def as_toml(path: Sequence[str]) -> str:
    """A dotted key."""
    return ".".join(key(part) for part in path)


def key(name: str) -> str:
    """One key, quoted where it must be."""
    return str(tomlkit.key(name).as_string())


def as_value(value: Any) -> str:
    """The value on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key(str(k))} = {as_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_value(one) for one in value) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    plain = value.value if isinstance(value, Enum) else str(value) if isinstance(value, Path) else value
    if isinstance(plain, str) and '"' in plain and "'" not in plain and plain.isprintable():
        return f"'{plain}'"
    return str(tomlkit.item(plain).as_string())


def _broken(text: str) -> list[str]:
    lines = [""]
    for word in text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').split(" "):
        if lines[-1] and len(lines[-1]) + len(word) + len(' \\"""') > WIDTH - 1:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
