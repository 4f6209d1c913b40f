"""`steadyhand init` and `steadyhand profile`, as a person and a script run them."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from steadyhand.cli import app, profiling
from steadyhand.errors import ConfigurationError
from steadyhand.profile.schema import json_schema
from steadyhand.profile.writing import written
from tests.unit.profile.files import profile_file


def process(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, in a narrow terminal."""
    return subprocess.run(
        [sys.executable, "-m", "steadyhand", *arguments],
        cwd=directory,
        env={**os.environ, "COLUMNS": "40"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def steadyhand(*arguments: str, **variables: str) -> Result:
    """The command in this process, in the working directory."""
    return CliRunner(env={"COLUMNS": "40", **variables}).invoke(app, arguments)


def test_init_writes_the_profile_and_says_what_to_do_next(tmp_path: Path) -> None:
    done = process(tmp_path, "init")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "steadyhand.toml").read_text() == written()
    for word in ("edit", "steadyhand profile check", "steadyhand doctor"):
        assert word in done.stdout
    assert process(tmp_path, "profile", "check").returncode == 0


def test_init_does_not_overwrite_unless_it_is_told_to(tmp_path: Path) -> None:
    mine = profile_file(tmp_path, "commander = 'mine'\n")
    refused = steadyhand("init", mine.name)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert mine.read_text() == "commander = 'mine'\n"
    forced = steadyhand("init", mine.name, "--force")
    assert forced.exit_code == 0
    assert f"--profile {mine.name}" in forced.stdout
    assert mine.read_text() == written()
    assert list(tmp_path.iterdir()) == [mine]


def test_init_through_a_link_replaces_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = profile_file(tmp_path / "real", "")
    (tmp_path / "link.toml").symlink_to(real)
    profiling.init(tmp_path / "link.toml", force=True)
    assert (tmp_path / "link.toml").is_symlink()
    assert real.read_text() == written()


def test_a_full_disk_leaves_the_former_file_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine = profile_file(tmp_path, "commander = 'mine'\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        profiling._write(mine, written(), force=True)
    assert mine.read_text() == "commander = 'mine'\n"
    assert list(tmp_path.iterdir()) == [mine]


@pytest.mark.parametrize("path", ["absent/steadyhand.toml", "."])
def test_init_says_where_it_cannot_write(path: str) -> None:
    done = steadyhand("init", path)
    assert done.exit_code == 2
    assert path in done.stderr
    assert "Traceback" not in done.stderr


def test_check_prints_one_problem_a_line_whatever_the_width_of_the_terminal(tmp_path: Path) -> None:
    profile_file(tmp_path, "[prometheus]\nurll = 'x'\n\n[receiver]\ntoken = 'hunter2'\n")
    done = process(tmp_path, "profile", "check", "--profile", "mine.toml")
    assert done.returncode == 2
    first, second = done.stdout.splitlines()
    assert first == "mine.toml:2: prometheus.urll: there is no such key; did you mean 'url'?"
    assert second.startswith("mine.toml:5: receiver.token: must be a reference")
    assert "hunter2" not in done.stdout + done.stderr


def test_check_prints_a_list_for_scripts(tmp_path: Path) -> None:
    profile_file(tmp_path, "[prometheus]\nurll = 'x'\n")
    done = steadyhand("profile", "check", "--profile", "mine.toml", "--json")
    assert done.exit_code == 2
    (problem,) = json.loads(done.stdout)
    assert {**problem, "message": ""} == {
        "level": "error",
        "file": "mine.toml",
        "line": 2,
        "key": "prometheus.urll",
        "message": "",
    }


def test_check_tells_what_the_profile_means(tmp_path: Path) -> None:
    text = """\
[environments.staging]
url = "http://staging:1"
approval = "policy"
[environments.production]
url = "http://production:1"
deployer = { kind = "kubernetes" }
[approvals.people.ada]
totp = { env = "NOT_SET_HERE" }
"""
    profile_file(tmp_path, text)
    done = steadyhand("profile", "check", "--profile", "mine.toml")
    assert done.exit_code == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[0].startswith("mine.toml:8: warning: approvals.people.ada.totp: here, the secret in")
    assert lines[1] == "mine.toml is valid"
    assert "staging: http://staging:1; deployer: none; approved by policy" in lines
    assert "production: http://production:1; deployer: kubernetes; approved by ada" in lines
    assert any("unknown in an incident" in line for line in lines)


def test_check_without_a_file_checks_the_variables() -> None:
    valid = steadyhand("profile", "check")
    assert (valid.exit_code, "no file: the defaults" in valid.stdout) == (0, True)
    wrong = steadyhand("profile", "check", STEADYHAND_RECEIVER__PORT="no")
    assert wrong.exit_code == 2
    assert wrong.stdout.startswith("$STEADYHAND_RECEIVER__PORT: receiver.port: ")


def test_check_of_a_file_that_is_not_there_says_so() -> None:
    done = steadyhand("profile", "check", "--profile", "gone.toml", "--json")
    assert done.exit_code == 2
    assert "no profile at gone.toml" in json.loads(done.stdout)[0]["message"]


def test_schema_is_printed_as_json() -> None:
    assert json.loads(steadyhand("profile", "schema").stdout) == json_schema()


def test_show_prints_what_holds_after_the_overrides() -> None:
    variables = {"STEADYHAND_ENVIRONMENTS__STAGING__PROMETHEUS__URL": "http://variable:1"}
    done = steadyhand("profile", "show", "--environment", "staging", **variables)
    assert done.exit_code == 0, done.stderr
    assert tomllib.loads(done.stdout)["prometheus"]["url"] == "http://variable:1"
    scripted = steadyhand("profile", "show", "--environment", "staging", "--json", **variables)
    assert json.loads(scripted.stdout) == tomllib.loads(done.stdout)
    absent = steadyhand("profile", "show", "--environment", "production", **variables)
    assert absent.exit_code == 2
    assert "[environments.production]" in absent.stderr
