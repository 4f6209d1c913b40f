"""The doctor at Jenkins, GitHub, the log, the documents and the chat."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from steadyhand.doctor import documents
from steadyhand.doctor.checkup import Area, Checked, CheckState, made
from steadyhand.doctor.examination import examine
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import utc_now
from steadyhand.profile import Profile
from tests.contract.target.strange import reply, strange

from .neighbours import REPOSITORY, jobs, json_by_path, workflow

OK, DRIFT, UNKNOWN = CheckState.OK, CheckState.DRIFT, CheckState.UNKNOWN


async def checks(tmp_path: Path, area: Area, **tables: object) -> dict[str, Checked]:
    """This area's checks under a profile with these tables; nothing else is there."""
    profile = Profile.model_validate({"state_dir": tmp_path / "state", "environments": {"production": {}}, **tables})
    found = await examine(profile, (Environment.PRODUCTION,), quick=True)
    return {check.name: check for check in found.checks if check.area is area}


async def test_a_job_that_is_there_is_ok_and_a_moved_or_misspelt_one_is_named(tmp_path: Path) -> None:
    async with strange(json_by_path(jobs("MEMORY-SNAPSHOT-NIGHTLY", "other"))) as server:
        assert (await checks(tmp_path, Area.JENKINS, jenkins={"url": server.url}))["job"].state is OK
    async with strange(json_by_path(jobs("memory_snapshot_nightly_v2", "other"))) as server:
        job = (await checks(tmp_path, Area.JENKINS, jenkins={"url": server.url}))["job"]
    assert (job.state, job.nearest) == (DRIFT, "memory_snapshot_nightly_v2")
    assert job.remedy == 'jenkins.job = "memory_snapshot_nightly_v2"'


@pytest.mark.parametrize(
    ("name", "state", "nearest"),
    [
        ("phase 6 hardening", OK, None),
        ("Phase 6 Regression Hardening", DRIFT, "Phase 6 Hardening"),
        ("hardening.yml", OK, None),
        ("nothing.yml", DRIFT, None),
    ],
)
async def test_a_workflow_is_found_by_its_name_and_a_misnamed_one_told(
    tmp_path: Path, name: str, state: CheckState, nearest: str | None
) -> None:
    async with strange(json_by_path(workflow("Phase 6 Hardening"))) as server:
        github = {"repository": "acme/orchestrator", "api_url": server.url, "workflow": name}
        found = await checks(tmp_path, Area.GITHUB, github=github)
    assert (found["workflow"].state, found["workflow"].nearest) == (state, nearest)


async def test_a_repository_that_is_not_there_is_drift_and_none_is_unknown(tmp_path: Path) -> None:
    """Rule 4."""
    async with strange(json_by_path({})) as server:
        github = {"repository": "acme/orchestrator", "api_url": server.url}
        assert (await checks(tmp_path, Area.GITHUB, github=github))["workflow"].state is DRIFT
    assert (await checks(tmp_path, Area.GITHUB))["workflow"].state is UNKNOWN


@pytest.mark.parametrize(
    ("scopes", "state"), [("repo, workflow", OK), ("read:org", DRIFT), ("", DRIFT), (None, UNKNOWN)]
)
async def test_a_token_that_may_not_start_the_deployers_workflow_is_drift(
    tmp_path: Path, scopes: str | None, state: CheckState
) -> None:
    (tmp_path / "token").write_text("t0ken")
    token = {"file": str(tmp_path / "token")}
    headers = {} if scopes is None else {"X-OAuth-Scopes": scopes}
    async with strange(json_by_path({REPOSITORY: {"full_name": "acme/orchestrator"}}, headers)) as server:
        deployer = {"kind": "github", "repository": "acme/orchestrator", "api_url": server.url, "token": token}
        found = await checks(tmp_path, Area.GITHUB, environments={"production": {"deployer": deployer}})
    assert found["deployer_token_scopes"].state is state


async def test_a_log_is_ok_when_it_is_fresh_drift_when_it_is_old_and_unknown_when_it_is_not_there(
    tmp_path: Path,
) -> None:
    """Rule 4."""
    log = tmp_path / "log.jsonl"
    source = {"source": {"kind": "file", "path": str(log)}}
    assert (await checks(tmp_path, Area.LOGS, logs=source))["source"].state is UNKNOWN
    log.write_text(json.dumps({"event": "started", "timestamp": utc_now().isoformat()}) + "\n")
    assert (await checks(tmp_path, Area.LOGS, logs=source))["source"].state is OK
    log.write_text(json.dumps({"event": "started", "timestamp": "2020-01-01T00:00:00Z"}) + "\n")
    old = (await checks(tmp_path, Area.LOGS, logs=source))["source"]
    assert (old.state, "h old" in old.reason) == (DRIFT, True)
    log.write_text("plain text\n")
    assert (await checks(tmp_path, Area.LOGS, logs=source))["source"].state is UNKNOWN


def git(root: Path, *arguments: str) -> None:
    name = ("-c", "user.name=t", "-c", "user.email=t@t.test")
    subprocess.run(["git", "-C", str(root), *name, *arguments], check=True, capture_output=True)


async def test_a_documents_folder_may_be_absent_plain_or_a_clean_checkout_but_not_one_with_open_changes(
    tmp_path: Path,
) -> None:
    root = tmp_path / "documents"

    async def seen() -> dict[str, CheckState]:
        found = await checks(tmp_path, Area.DOCUMENTS, documents={"root": str(root)})
        return {name: found[name].state for name in ("root", "checkout")}

    assert await seen() == {"root": OK, "checkout": OK}
    assert not root.exists()
    root.mkdir()
    assert await seen() == {"root": OK, "checkout": OK}
    git(root, "init", "-q")
    (root / "a.md").write_text("one")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    index = (root / ".git/index").stat().st_mtime_ns
    assert await seen() == {"root": OK, "checkout": OK}
    (root / "a.md").write_text("two, half done")
    assert await seen() == {"root": OK, "checkout": DRIFT}
    assert (root / ".git/index").stat().st_mtime_ns == index
    root = tmp_path / "file"
    root.write_text("")
    assert (await seen())["root"] is DRIFT


async def test_a_directory_that_cannot_be_read_is_told_and_ends_no_other_check(tmp_path: Path) -> None:
    """Rule 7. Even for root a name may be too long to look for."""
    root = tmp_path / ("n" * 300) / "documents"
    found = await checks(tmp_path, Area.DOCUMENTS, documents={"root": str(root)})
    assert {name: check.state for name, check in found.items()} == {"root": UNKNOWN, "checkout": UNKNOWN}
    for check in found.values():
        assert check.reason.startswith("could not look: cannot look at ")
        assert check.reason.endswith("documents: File name too long")


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root's rights away")
async def test_a_folder_in_a_directory_that_is_closed_to_us_is_drift_because_nothing_could_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "closed/documents").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    profile = Profile.model_validate({"documents": {"root": str(tmp_path / "closed/documents")}})
    os.seteuid(65534)
    try:
        found = {check.name: await made(check) for check in documents.checks(profile)}
    finally:
        os.seteuid(0)
    assert (found["root"].state, "cannot be reached by us" in found["root"].reason) == (DRIFT, True)
    assert (found["checkout"].state, found["checkout"].reason[-17:]) == (UNKNOWN, "Permission denied")


async def test_channels_without_an_address_are_ok_misnamed_ones_are_drift_and_nothing_is_sent(
    tmp_path: Path,
) -> None:
    (tmp_path / "bad").write_text("no-such-service://x")
    async with strange(reply(200, "{}")) as server:
        (tmp_path / "good").write_text(server.url.replace("http://", "json://"))
        channels = {"#OPS_memory": [{"file": str(tmp_path / "good")}], "#other": [{"file": str(tmp_path / "bad")}]}
        found = await checks(tmp_path, Area.CHAT, chat={"channels": channels, "default_channel": "#other"})
        assert (found["#ops-memory"].state, found["#ops-memory"].nearest) == (DRIFT, "#OPS_memory")
        assert found["#other"].state is DRIFT
        channels = {"#ops-memory": [{"file": str(tmp_path / "good")}]}
        found = await checks(tmp_path, Area.CHAT, chat={"channels": channels, "default_channel": "#zzz"})
        assert {name: check.state for name, check in found.items()} == {"#zzz": OK, "#ops-memory": OK}
        assert "file in the state directory only" in found["#zzz"].reason
        assert server.asked == []
    assert not (tmp_path / "state").exists()
