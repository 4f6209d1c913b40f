"""The doctor at the reference orchestrator, where the runbook is true, and with profiles that say otherwise."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from steadyhand.doctor.checkup import Area, Checked, CheckState
from steadyhand.doctor.examination import Examination, examine
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import utc_now
from steadyhand.profile import load_profile
from steadyhand.rehearsal.neighbours import jenkins, jenkins_state
from tests.contract.target.served import served
from tests.contract.target.strange import strange

from .conftest import Clinic
from .neighbours import json_by_path, workflow

READING = {"GET", "HEAD", "OPTIONS"}
NOT_CONFIGURED = {
    "logs: source",
    "jenkins: job",
    "jenkins: backup is young",
    "github: workflow",
    "github: jobs",
    "github: jobs are green",
    "github: token_scopes",
}
NOT_RUN = {"suites: regression is green", "suites: planner_contract is green"}


def ended(examination: Examination, state: CheckState) -> set[str]:
    return {f"{check.area}: {check.name}" for check in examination.checks if check.state is state}


def found(examination: Examination, area: Area, name: str) -> Checked:
    return next(check for check in examination.checks if (check.area, check.name) == (area, name))


async def test_where_the_runbook_is_true_nothing_is_drift_and_what_nobody_configured_is_unknown(clinic: Clinic) -> None:
    before, reviews = await asyncio.to_thread(clinic.stage.state), len(clinic.proxy.asked)
    told: list[str] = []
    examination = await examine(clinic.profile(), (Environment.PRODUCTION,), quick=False, report=told.append)
    assert ended(examination, CheckState.DRIFT) == set()
    assert ended(examination, CheckState.UNKNOWN) == NOT_CONFIGURED
    assert (examination.state, examination.exit_code) == (CheckState.UNKNOWN, 2)
    assert "tests pass on 2.7.0" in found(examination, Area.SUITES, "regression is green").reason
    assert "suites: regression is green (production)" in told
    assert clinic.proxy.methods <= READING
    assert len(clinic.proxy.asked) > reviews
    assert await asyncio.to_thread(clinic.stage.state) == before
    assert not (clinic.root / "state").exists()


async def test_a_second_examination_says_the_same_in_the_same_order(clinic: Clinic) -> None:
    one, two = await clinic.examine(), await clinic.examine()
    assert [(c.key, c.state, c.nearest, c.remedy) for c in one.checks] == [
        (c.key, c.state, c.nearest, c.remedy) for c in two.checks
    ]
    assert ended(one, CheckState.UNKNOWN) >= NOT_RUN


async def test_each_misnamed_thing_is_drift_and_the_lines_to_write_heal_it(clinic: Clinic) -> None:
    """The profile's lines are taken as they stand."""
    wrong = """
prometheus.planner_failures = "planner_contract_failures"
prometheus.tasks = "orchestrator_task_total"
prometheus.tool_latency = { expression = "sum(rate(tool_latency_bucket{{selector}}[{window}]))", threshold = 1.0 }
prometheus.environment_label = "env"
orchestrator.routes.health = "/health"
orchestrator.routes.task_queue = "/api/v1/task_queue"
orchestrator.routes.task = "/api/v1/task/{task_id}"
orchestrator.routes.assign_review = "/api/v1/review/assign"
orchestrator.planner_variable = "PLANNER__ENABLED"
orchestrator.scheduler_variable = "scheduling_backend"
alertmanager.tools_team = "ops-memories"
suites.planner_contract.arguments = ["tests/test_planner_contract.py", "-x"]
"""
    text = _dotted(clinic.written)
    path = clinic.root / "wrong.toml"
    path.write_text(wrong + text)
    first = await examine(load_profile(path), (Environment.PRODUCTION,), quick=True)
    drifted = {check.name: check for check in first.checks if check.state is CheckState.DRIFT}
    assert drifted["planner_failures"].nearest == "planner_contract_failure_total"
    assert "no metric `planner_contract_failures`" in drifted["planner_failures"].reason
    assert drifted["planner_contract files"].nearest == "tests/test_planner_contract_fuzz.py"
    lines = [check.remedy for check in drifted.values() if check.remedy]
    keys = {line.partition(" = ")[0] for line in lines}
    kept = [line for line in wrong.splitlines() if line.partition(" = ")[0] not in keys]
    path.write_text("\n".join([*kept, *lines]) + "\n" + text)
    second = await examine(load_profile(path), (Environment.PRODUCTION,), quick=True)
    assert ended(second, CheckState.DRIFT) == set()


def _dotted(text: str) -> str:
    """The profile with its shared tables as dotted keys, so that lines can be written above it."""
    out, table = [], ""
    for line in text.splitlines():
        if line.startswith("["):
            table = line.strip("[]")
        else:
            out.append(f"{table}.{line}" if table else line)
    return "\n".join(out)


async def test_a_suite_whose_path_cannot_even_be_looked_for_is_unknown_with_the_reason(clinic: Clinic) -> None:
    """Rule 4."""
    longest = f'[suites]\nregression.arguments = ["{"x" * 300}.py"]'
    examination = await clinic.examine(("[suites]", longest))
    files = found(examination, Area.SUITES, "regression files")
    assert (files.state, files.reason[:28]) == (CheckState.UNKNOWN, "could not look: cannot look ")
    assert files.reason.endswith("File name too long")


async def test_a_suite_that_is_red_before_any_incident_is_drift(clinic: Clinic) -> None:
    clinic.stage.site.write_faults(("planner-contract",))
    try:
        examination = await clinic.examine(quick=False)
    finally:
        clinic.stage.site.write_faults(())
    red = found(examination, Area.SUITES, "planner_contract is green")
    assert red.state is CheckState.DRIFT
    assert "red before any incident" in red.reason


async def test_a_value_that_the_target_would_refuse_is_drift_with_its_words(clinic: Clinic) -> None:
    """Noticed before it is needed."""
    refuse = [sys.executable, "-c", "import sys; sys.exit('backend must be one of async, threads')"]
    examination = await clinic.examine(('check = ["true"]', f"check = {json.dumps(refuse)}"))
    seen = found(examination, Area.DEPLOYER, "would take sequential-scheduling")
    assert seen.state is CheckState.DRIFT
    assert "backend must be one of async, threads" in seen.reason
    untold = await clinic.examine(('check = ["true"]', ""))
    assert found(untold, Area.DEPLOYER, "would take sequential-scheduling").state is CheckState.UNKNOWN


async def test_a_service_token_that_is_not_accepted_and_secrets_that_are_not_there_are_told(clinic: Clinic) -> None:
    """And no secret is in any message."""
    (clinic.root / "wrong.token").write_text("hunter2")
    examination = await clinic.examine(("service.token", "wrong.token"), ("person.totp", "absent.totp"))
    token = found(examination, Area.TOKENS, "service_token")
    assert (token.state, "not accepted" in token.reason) == (CheckState.DRIFT, True)
    assert found(examination, Area.TOKENS, "approvals.people.sam.totp").state is CheckState.DRIFT
    assert found(examination, Area.TOKENS, "approvers").state is CheckState.DRIFT
    assert "hunter2" not in examination.model_dump_json()


async def test_a_webhook_that_goes_elsewhere_is_told(clinic: Clinic) -> None:
    port = clinic.profile().receiver.port
    examination = await clinic.examine((f"port = {port}", "port = 1"))
    assert found(examination, Area.ALERTS, "webhook for ops-memory").state is CheckState.UNKNOWN


def steadyhand(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200", "XDG_STATE_HOME": str(home)}
    command = [sys.executable, "-m", "steadyhand", "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)


async def test_the_command_prints_a_table_and_ends_with_the_code_of_what_it_found(
    clinic: Clinic, tmp_path: Path
) -> None:
    good, drift = str(clinic.profile_path()), tmp_path / "drift.toml"
    drift.write_text(clinic.profile_path(first='commander = "x"').read_text().replace("person.totp", "[red]gone"))
    done = await asyncio.to_thread(steadyhand, "--quick", "--profile", good, home=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "planner_contract_failure_total" in done.stdout
    assert "0 drift" in done.stdout.splitlines()[-1]
    done = await asyncio.to_thread(steadyhand, "--quick", "--profile", str(drift), home=tmp_path)
    assert done.returncode == 1
    assert "[red]gone" in done.stdout


async def test_the_command_ends_with_0_where_everything_is_as_the_runbook_says(clinic: Clinic, tmp_path: Path) -> None:
    """Suites included."""
    commit = (await asyncio.to_thread(clinic.stage.state))["commit"]
    jenkins_state.fresh(utc_now()).write(tmp_path / "jenkins.json")
    (tmp_path / "jenkins.token").write_text(jenkins_state.API_TOKEN)
    async with (
        served(jenkins.create_app(tmp_path / "jenkins.json")) as jenkins_url,
        strange(json_by_path(workflow("Phase 6 Regression Hardening", commit))) as github,
    ):
        more = (
            f'jenkins = {{ url = "{jenkins_url}", user = "{jenkins_state.USER}", '
            f'token = {{ file = "{tmp_path / "jenkins.token"}" }} }}\n'
            f'github = {{ repository = "acme/orchestrator", api_url = "{github.url}" }}\n'
            f'logs.source = {{ kind = "file", path = "{clinic.stage.site.event_log}" }}\n'
        )
        await asyncio.to_thread(clinic.stage.task, "what is new")
        written = str(clinic.profile_path(first=more))
        done = await asyncio.to_thread(steadyhand, "--profile", written, home=tmp_path)
        assert done.returncode == 0, done.stdout
        assert done.stdout.splitlines()[-1].endswith(" ok, 0 drift, 0 unknown")


async def test_the_command_prints_json_and_nothing_else(clinic: Clinic, tmp_path: Path) -> None:
    done = await asyncio.to_thread(
        steadyhand, "--quick", "--json", "--environment", "production", "--profile", str(clinic.profile_path()),
        home=tmp_path,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert set(said) == {"state", "checks"}
    assert said["state"] == "unknown"
    assert {check["environment"] for check in said["checks"]} == {"production", None}
    assert set(said["checks"][0]) == {
        "area", "name", "requirement", "environment", "state", "reason", "nearest", "remedy",
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [("--environment", "staging"), ("--environment", "moon")])
async def test_an_environment_that_the_profile_lacks_is_a_usage_error_with_nothing_on_stdout(
    clinic: Clinic, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = await asyncio.to_thread(
        steadyhand, "--json", *arguments, "--profile", str(clinic.profile_path()), home=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "staging" in done.stderr
