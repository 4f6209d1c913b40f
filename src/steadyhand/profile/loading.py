"""Reading the profile, at the edges, with messages that say where and what to change.

One TOML file (`--profile`, else `$STEADYHAND_PROFILE`, else `steadyhand.toml` in the working directory), overridden by
environment variables such as `STEADYHAND_PROMETHEUS__URL`.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsConfigDict, SettingsError

from steadyhand.errors import ConfigurationError
from steadyhand.profile.lines import LineNumbers
from steadyhand.profile.profile import ENVIRONMENT_PREFIX, Profile

DEFAULT_FILE = "steadyhand.toml"
PROFILE_VARIABLE = "STEADYHAND_PROFILE"
_Location = tuple[int | str, ...]


def profile_path(given: Path | None = None) -> Path | None:
    """The file that holds: given, else `$STEADYHAND_PROFILE`, else `steadyhand.toml` here, else None."""
    if given is not None:
        return given
    if named := os.environ.get(PROFILE_VARIABLE):
        return Path(named)
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None


def load_profile(path: Path | None = None) -> Profile:
    """The profile from file and environment; all defaults when there is no file.

    Raises ConfigurationError naming the file, the line, the key, what is wrong and the nearest known key.
    """
    path = profile_path(path)
    bound: type[Profile] = Profile
    text = ""
    if path is not None:
        text = _text_of(path)

        class FileProfile(Profile):
            model_config = SettingsConfigDict(toml_file=path)

        bound = FileProfile
    try:
        return bound()
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
    except SettingsError as error:
        raise ConfigurationError(f"the environment is not a valid profile: {error}; give JSON there") from error
    except ValidationError as error:
        lines = LineNumbers(text)
        told = dict.fromkeys(_explain(one, lines, path) for one in error.errors(include_url=False))
        raise ConfigurationError(
            f"{path or 'the environment'} is not a valid profile:\n" + "\n".join(f"  {line}" for line in told)
        ) from error


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"there is no profile at {path}; name another with --profile or {PROFILE_VARIABLE}, "
            "or write one with `steadyhand init`"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the profile {path}: {error}") from error


def _explain(error: ErrorDetails, lines: LineNumbers, path: Path | None) -> str:
    key, known = _followed(error["loc"])
    where = ".".join(str(part) for part in key) or "profile"
    told = f"{_place(key, lines, path)}{where}: "
    if error["type"] != "extra_forbidden":
        return told + error["msg"].removeprefix("Value error, ")
    near = difflib.get_close_matches(str(key[-1]), known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(known)}" if known else ""
    return f"{told}there is no such key{hint}"


def _place(key: _Location, lines: LineNumbers, path: Path | None) -> str:
    """The variable that holds this key, or else the line of the file, or of the table it should stand in."""
    variables = {name.upper() for name in os.environ}
    for length in range(len(key), 0, -1):
        variable = ENVIRONMENT_PREFIX + "__".join(str(part) for part in key[:length]).upper()
        if variable in variables:
            return f"${variable}: "
        if found := lines.of(key[:length]):
            return f"{path}:{found}: "
    return ""


def _followed(location: _Location) -> tuple[_Location, list[str]]:
    """The key as the file has it, without pydantic's names of union members, and the keys known beside it."""
    schema: dict[str, Any] = Profile.model_json_schema(mode="validation")
    definitions = schema.get("$defs", {})
    nodes, key = [schema], []
    known: list[str] = []
    for part in location:
        known = sorted({name for node in nodes for name in node.get("properties", {})})
        chosen = [n for n in nodes if n.get("properties", {}).get("kind", {}).get("const") == part]
        if chosen:
            nodes = chosen
            continue
        key.append(part)
        below = (_below(node, part) for node in nodes)
        nodes = [one for node in below if node is not None for one in _alternatives(node, definitions)]
    return tuple(key), known


def _below(node: Mapping[str, Any], part: int | str) -> Mapping[str, Any] | None:
    if isinstance(part, int):
        found = node.get("items")
    else:
        found = node.get("properties", {}).get(part) or node.get("additionalProperties")
    return found if isinstance(found, Mapping) else None


def _alternatives(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The node itself with its reference followed, or each member of its union."""
    members = [*node.get("anyOf", []), *node.get("oneOf", []), *node.get("allOf", [])]
    if members:
        return [one for member in members for one in _alternatives(member, definitions)]
    if "$ref" in node:
        return _alternatives(definitions[str(node["$ref"]).rsplit("/", 1)[-1]], definitions)
    return [dict(node)]
