"""The card and the layout of the project (P1), held by tests."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_modules_import_only_what_the_design_allows() -> None:
    """`.importlinter` holds the table of docs/design.md."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_flows_and_tasks_are_ours_and_stay_out_of_the_wheel() -> None:
    for name in ("flows", "tasks"):
        module = importlib.import_module(name)
        assert module.__file__ is not None
        assert Path(module.__file__).is_relative_to(ROOT)
    assert 'packages = ["src/steadyhand"]' in (ROOT / "pyproject.toml").read_text()


def test_prefect_yaml_deploys_the_flows_by_module_path() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert {d["name"]: bool(d.get("schedules")) for d in deployments} == {
        "incident": False,
        "exit-criteria": True,
        "communication": True,
        "doctor": True,
    }
    for deployment in deployments:
        module, _, function = deployment["entrypoint"].rpartition(".")
        assert hasattr(importlib.import_module(module), function)


def test_every_dependency_is_locked_with_hashes_and_without_an_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|--(extra-)?index-url", lock)
    pinned = re.findall(r"^[A-Za-z0-9._-]+==[^ ]+.*?(?=^[A-Za-z0-9._-]+==|\Z)", lock, flags=re.MULTILINE | re.DOTALL)
    assert len(pinned) > 50
    assert all("--hash=sha256:" in entry for entry in pinned)
    assert "prefect==3.8.8" in lock


def test_the_form_of_the_incident_flow_has_choices_titles_and_help_for_a_person() -> None:
    """T2: environment and severity as choices; all but three fields have defaults; every field explains itself."""
    schema = importlib.import_module("flows.incident").respond.parameters.model_dump()
    assert set(schema["required"]) == {"environment", "severity", "description"}
    for field in schema["properties"].values():
        assert field["title"]
        assert field["description"]
    assert schema["definitions"]["Environment"]["enum"] == ["staging", "production"]
    assert schema["definitions"]["Severity"]["enum"] == ["critical", "high", "warning", "info"]
