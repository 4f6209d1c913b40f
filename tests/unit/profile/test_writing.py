"""The file that `steadyhand init` writes: everything in it, and nothing changed by it."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from steadyhand.profile import EnvironmentProfile, Profile, load_profile
from steadyhand.profile.shapes import members_of, named_tables
from steadyhand.profile.toml_text import WIDTH, as_value, assigned
from steadyhand.profile.writing import GROUPS, written
from tests.unit.profile.files import profile_file

_COMMENTED = re.compile(r"^#(?![ :#]|$)")
_HEADER = re.compile(r"^#?\[([^\]]+)\]$")
_KEY = re.compile(r"^#([\w-]+) = ")


def uncommented(text: str, chosen: int = 0) -> str:
    """The file with every setting set; of several kinds of one table, the chosen one, or the last there is."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if _HEADER.match(line):
            blocks.append([])
        blocks[-1].append(_COMMENTED.sub("", line))
    alternatives: dict[str, list[list[str]]] = {}
    for block in blocks:
        alternatives.setdefault(block[0], []).append(block)
    kept = (found[min(chosen, len(found) - 1)] for found in alternatives.values())
    return "\n".join(line for block in kept for line in block) + "\n"


def described(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every table and key of the models, as the file must have them. Staging repeats the plain keys only."""
    for name, field in model.model_fields.items():
        table = ".".join((*path, name))
        if name == "environments" and not path:
            yield from described(EnvironmentProfile, ("environments", "production"))
            plain = [key for key, one in EnvironmentProfile.model_fields.items() if not members_of(one)]
            yield from ((("environments.staging"), key) for key in plain)
        elif named := named_tables(field):
            yield from described(named[1], (*path, name, named[0]))
        elif members := members_of(field):
            overrides = path[:1] == ("environments",) and len(members) == 1
            yield from ((table, "") for _ in members[: 1 if overrides else 0])
            for member in () if overrides else members:
                yield from described(member, (*path, name))
        else:
            yield ".".join(path), name


def present(text: str) -> Iterator[tuple[str, str]]:
    """Every table without keys and every key that the file has, commented out or not."""
    table, keys = "", 1
    for line in text.splitlines():
        if header := _HEADER.match(line):
            if not keys:
                yield table, ""
            table, keys = header[1], 0
        elif found := _KEY.match(line):
            keys += 1
            yield table, found[1]


def test_it_is_toml_and_says_exactly_what_holds_without_it(tmp_path: Path) -> None:
    assert load_profile(profile_file(tmp_path, written())).model_dump() == Profile().model_dump()


def test_every_key_of_every_table_is_in_it_once() -> None:
    """A field that is added later stands in the file by itself; one that cannot, fails here."""
    expected, found = Counter(described(Profile)), Counter(present(written()))
    assert found == expected
    assert len(found) > 150


def test_every_table_has_a_heading_of_the_runbook() -> None:
    tables = [name for names in GROUPS.values() for name in names]
    plain = {name for name, field in Profile.model_fields.items() if not members_of(field)} - {"environments"}
    assert Counter(tables) == Counter(Profile.model_fields.keys() - plain)
    assert plain == {"state_dir", "database_url", "commander"}


def test_every_key_is_described() -> None:
    """`None` where a docstring is missing would stand in the file as a word."""
    text = written()
    assert "# None" not in text
    lines = text.splitlines()
    staging = lines.index("[environments.staging]")
    for number, line in enumerate(lines):
        if _KEY.match(line) and not line.startswith("#kind =") and not staging < number < staging + 4:
            assert lines[number - 1].startswith("# "), line


def test_its_lines_fit() -> None:
    assert max(len(line) for line in written().splitlines()) <= WIDTH


@pytest.mark.parametrize("chosen", range(4))
def test_with_every_setting_uncommented_it_holds_and_says_the_same_defaults(tmp_path: Path, chosen: int) -> None:
    """For each kind of deployer, of service token and of log."""
    text = uncommented(written(), chosen)
    assert not [line for line in text.splitlines() if _COMMENTED.match(line)]
    found = load_profile(profile_file(tmp_path, text))
    assert list(_differences(found, Profile(), Profile)) == []
    deployers = ["command", "compose", "kubernetes", "github"]
    assert found.model_dump()["environments"]["production"]["deployer"]["kind"] == deployers[chosen]


def _differences(found: Any, default: Any, model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Keys with a default that holds everywhere, and another value."""
    for name, field in model.model_fields.items():
        mine, theirs = getattr(found, name), getattr(default, name)
        if isinstance(theirs, BaseModel):
            yield from _differences(mine, theirs, type(theirs), f"{path}{name}.")
        elif theirs is not None and not field.examples and name not in {"environments", "people"} and mine != theirs:
            yield f"{path}{name}: {mine!r} is not {theirs!r}"


def test_a_default_of_this_machine_is_not_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = written()
    monkeypatch.setenv("PREFECT_API_URL", "http://elsewhere:1/api")
    monkeypatch.setenv("XDG_STATE_HOME", "/elsewhere")
    monkeypatch.setattr("sys.executable", "/elsewhere/python")
    assert written() == before
    assert "elsewhere" not in before


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        'with "quotes"',
        'it\'s "both"',
        "back\\slash",
        "new\nline",
        '"""',
        "",
        300.0,
        0.05,
        True,
        ["a", 1],
        {"#ops": [{"env": "A"}], "plain": "x"},
    ],
)
def test_a_value_is_the_same_when_it_is_read(value: object) -> None:
    assert tomllib.loads(f"x = {as_value(value)}") == {"x": value}


@pytest.mark.parametrize("word", ["short", 'a "quoted" one', "back\\slash", '"""', "x" * 120])
def test_a_long_text_is_broken_and_is_the_same_when_it_is_read(word: str) -> None:
    text = " ".join([word] * 40)
    assert tomllib.loads(assigned("x", text)) == {"x": text}
    assert max(len(line) for line in assigned("x", text).splitlines()) <= max(WIDTH, len(word) + 3)
