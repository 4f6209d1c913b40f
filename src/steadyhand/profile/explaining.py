"""Pydantic's errors as problems: where they stand, in words that say what to change."""

import difflib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from steadyhand.profile.known_keys import KnownKey, known_key
from steadyhand.profile.lines import LineNumbers
from steadyhand.profile.problems import Key, Problem, dotted
from steadyhand.profile.profile import ENVIRONMENT_PREFIX
from steadyhand.profile.values import WRONG

_OVERRIDES = 2


def explained(error: ValidationError, text: str, path: Path | None) -> tuple[Problem, ...]:
    """All problems, each told once: what an environment only inherits is told where it is inherited from."""
    lines = LineNumbers(text)
    shared: set[tuple[str, str]] = set()
    found: list[Problem] = []
    inherited_last = sorted(error.errors(include_url=False), key=lambda one: one["loc"][:1] == ("environments",))
    for one in inherited_last:
        key, message = _told(one)
        told = (str(key[-1]) if key else "", message)
        if not _is_override(key):
            shared.add(told)
        elif told in shared and lines.of(key) is None and variable_of(key) is None:
            continue
        found.append(placed(key, message, lines, path))
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.line or 0))


def placed(
    key: Key, message: str, lines: LineNumbers, path: Path | None, level: Literal["error", "warning"] = "error"
) -> Problem:
    """The problem with the variable that sets this key, or else the line, or else those of the table it belongs in."""
    line: int | None = None
    variable = variable_of(key)
    for length in range(len(key), 0, -1) if variable is None else ():
        line = lines.of(key[:length])
        variable = _variable_below(key[:length]) if line is None else None
        if line or variable:
            break
    file = path if line or (path and level == "error") else None
    return Problem(key=dotted(key), message=message, file=file, line=line, variable=variable, level=level)


def variable_of(key: Key) -> str | None:
    """The environment variable that sets this key, alone or as a part of its JSON."""
    variables = {name.upper(): value for name, value in os.environ.items()}
    for length in range(len(key), 0, -1):
        name = _variable(key[:length])
        if name in variables and _sets(variables[name], key[length:]):
            return name
    return None


def _variable_below(key: Key) -> str | None:
    """A variable that sets something in this table."""
    return next((name for name in sorted(os.environ) if name.upper().startswith(f"{_variable(key)}__")), None)


def _variable(key: Key) -> str:
    return ENVIRONMENT_PREFIX + "__".join(str(part) for part in key).upper()


def _is_override(key: Key) -> bool:
    return len(key) > _OVERRIDES and key[0] == "environments"


def _sets(value: str, key: Key) -> bool:
    try:
        found: Any = json.loads(value)
    except ValueError:
        return True
    for part in key[:-1]:
        found = found.get(part) if isinstance(found, Mapping) else None
    return not key or (isinstance(found, Mapping) and key[-1] in found) or not isinstance(found, Mapping | None)


def _told(error: ErrorDetails) -> tuple[Key, str]:
    """The key that is wrong, and what is wrong with it."""
    context = error.get("ctx", {})
    location = (*error["loc"], *context["below"]) if error["type"] == WRONG else error["loc"]
    known = known_key(location)
    if error["type"] in {"union_tag_not_found", "union_tag_invalid"}:
        return (*known.key, "kind"), _of_kind(known, context.get("tag"))
    return known.key, _message(error, known)


def _of_kind(known: KnownKey, given: object) -> str:
    if given is None:
        return f"is missing; it is one of {_listed(known.kinds)}"
    return f"there is no such kind{_hint(given, known.kinds)}"


def _message(error: ErrorDetails, known: KnownKey) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"there is no such key{_hint(known.key[-1], known.beside)}"
        case "missing":
            return "is missing" + (f"; for example {json.dumps(known.example)}" if known.example is not None else "")
        case "string_pattern_mismatch" if known.example is not None:
            return f"has not the form it must have, as in {json.dumps(known.example)}"
        case "literal_error" | "enum":
            expected = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
            return f"must be one of {_listed(expected)}{_nearest(error.get('input'), expected)}"
        case _:
            return error["msg"]


def _hint(given: object, known: Sequence[str]) -> str:
    return _nearest(given, known) or (f"; known here: {', '.join(known)}" if known else "")


def _nearest(given: object, known: Sequence[str]) -> str:
    begun = [name for name in known if str(given) and name.startswith(str(given))]
    near = difflib.get_close_matches(str(given), known, n=1) or begun
    return f"; did you mean {near[0]!r}?" if near else ""


def _listed(known: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in known)
