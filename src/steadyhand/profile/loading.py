"""Reading the profile, at the edges, with messages that say where and what to change.

One TOML file (`--profile`, else `$STEADYHAND_PROFILE`, else `steadyhand.toml` in the working directory), overridden by
environment variables such as `STEADYHAND_ORCHESTRATOR__URL`.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from steadyhand.errors import ConfigurationError
from steadyhand.profile.explaining import explained
from steadyhand.profile.problems import InvalidProfile, Problem
from steadyhand.profile.profile import ENVIRONMENT_PREFIX, Profile

DEFAULT_FILE = "steadyhand.toml"
PROFILE_VARIABLE = "STEADYHAND_PROFILE"
_BYTE_ORDER_MARK = "\ufeff"
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_TWICE = ("Cannot overwrite a value", "Cannot declare", "Cannot mutate immutable")


def profile_path(given: Path | None = None) -> Path | None:
    """The file that holds: given, else `$STEADYHAND_PROFILE`, else `steadyhand.toml` here, else None."""
    if given is not None:
        return given
    if named := os.environ.get(PROFILE_VARIABLE):
        return Path(named)
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None


def load_profile(path: Path | None = None) -> Profile:
    """The profile from file and environment; all defaults when there is no file.

    Raises ConfigurationError when the file cannot be read, and InvalidProfile with every problem: its file, line and
    key, what is wrong, and the nearest known key.
    """
    path = profile_path(path)
    text = text_of(path) if path is not None else ""
    tables = _tables(text, path)
    try:
        return Profile(**tables)
    except SettingsError as error:
        raise InvalidProfile(path, (_unparsed(error),)) from error
    except ValidationError as error:
        raise InvalidProfile(path, explained(error, text, path)) from error


def text_of(path: Path) -> str:
    """What the file says. Raises ConfigurationError when it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"there is no profile at {path}; name another with --profile or {PROFILE_VARIABLE}, "
            "or write one with `steadyhand init`"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidProfile(path, (Problem(key="", message="is not UTF-8", file=path, line=line),)) from error
    except OSError as error:
        raise ConfigurationError(f"cannot read the profile {path}: {error.strerror}") from error


def _tables(text: str, path: Path | None) -> dict[str, Any]:
    if text.startswith(_BYTE_ORDER_MARK):
        message = "begins with a byte order mark, which TOML does not allow; save it as UTF-8 without one"
        raise InvalidProfile(path, (Problem(key="", message=message, file=path, line=1),))
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidProfile(path, (_no_toml(error, text, path),)) from error
    # pydantic-settings takes such arguments for switches of its own.
    if hidden := [name for name in tables if name.startswith("_")]:
        raise InvalidProfile(
            path, tuple(Problem(key=name, message="there is no such key", file=path) for name in hidden)
        )
    return tables


def _no_toml(error: tomllib.TOMLDecodeError, text: str, path: Path | None) -> Problem:
    found = _AT_LINE.search(str(error))
    line = int(found[1]) if found else text.rstrip().count("\n") + 1
    said = _AT_LINE.sub("", str(error)).replace("(at end of document)", "at the end of the file")
    key = text.split("\n")[line - 1].partition("=")[0].strip()
    if str(error).startswith(_TWICE):
        return Problem(key=key, message=f"is set twice in one table: {said}", file=path, line=line)
    return Problem(key="", message=f"is not valid TOML: {said}", file=path, line=line)


def _unparsed(error: SettingsError) -> Problem:
    """pydantic-settings names the field only; the variables that begin with it are the ones to look at."""
    field = re.search(r'field "(\w+)"', str(error))
    name = field[1] if field else ""
    prefix = f"{ENVIRONMENT_PREFIX}{name}".upper()
    variables = sorted(variable for variable in os.environ if variable.upper().startswith(prefix))
    message = "is not valid JSON, which tables and lists need in a variable"
    return Problem(key=name, message=message, variable=" or $".join(variables) or None)
