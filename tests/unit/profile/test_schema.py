"""The schema and the example that are published for editors."""

import importlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from steadyhand.profile.schema import json_schema
from steadyhand.profile.writing import written
from tests.unit.profile.test_writing import uncommented

jsonschema: Any = importlib.import_module("jsonschema")  # it ships no types
ROOT = Path(__file__).parents[3]
SCHEMA, EXAMPLE = ROOT / "docs/steadyhand.schema.json", ROOT / "docs/steadyhand.example.toml"
STALE = "is not what the code generates: run `make docs`"


def errors(text: str) -> list[str]:
    """What an editor would underline."""
    validator = jsonschema.Draft202012Validator(json_schema())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(tomllib.loads(text))]


def test_the_published_schema_is_the_codes() -> None:
    assert SCHEMA.read_text() == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", STALE


def test_the_published_example_is_the_codes() -> None:
    assert EXAMPLE.read_text() == written(), STALE


def test_the_example_names_the_schema_beside_it() -> None:
    assert EXAMPLE.read_text().splitlines()[0] == f"#:schema ./{SCHEMA.name}"
    assert json_schema()["$id"] == SCHEMA.name


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("chosen", range(4))
def test_the_example_is_valid_by_the_schema_with_all_its_settings(chosen: int) -> None:
    assert errors(written()) == []
    assert errors(uncommented(written(), chosen)) == []


@pytest.mark.parametrize(
    "text",
    [
        "[prometheus]\nurll = 'x'",
        "[prometheus]\nurl = 'x'",
        "[receiver]\ntoken = 'hunter2'",
        "[receiver]\ntoken = { env = 'A', file = 'b' }",
        "[environments.qa]\nurl = 'http://q'",
        "[environments.staging]\napproval = 'nobody'",
        "[environments.staging.deployer]\nkind = 'zzz'",
        "[environments.staging.deployer]\nstate = ['a']\napply = ['b']",
        "[orchestrator.routes]\ntask = '/x'",
        "[prometheus]\nservice_label = 'a b'",
    ],
)
def test_an_editor_underlines_what_the_check_refuses(text: str) -> None:
    assert errors(text)


@pytest.mark.parametrize(
    "text", ["[prometheus.task_completion]\nthreshold = 1", "[suites.regression]\ntimeout_seconds = 1", ""]
)
def test_a_table_may_be_given_in_part(text: str) -> None:
    assert errors(text) == []


def test_nothing_of_this_machine_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = json_schema()
    monkeypatch.setenv("PREFECT_API_URL", "http://elsewhere:1/api")
    monkeypatch.setattr("sys.executable", "/elsewhere/python")
    assert json_schema() == before
    assert str(Path.home()) not in json.dumps(before)
    assert "/.venv/bin/python3" not in json.dumps(before)
