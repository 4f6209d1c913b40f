"""The doctor asks not only whether the job and the workflow exist, but whether they are green now."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from steadyhand.doctor.checkup import Area, CheckState
from steadyhand.domain.record import utc_now
from steadyhand.rehearsal.neighbours import github, github_happenings, github_state, jenkins, jenkins_state
from tests.contract.target.served import served
from tests.contract.target.strange import by_path, reply, strange

from .test_neighbours import checks

COMMIT = "c" * 40


def jenkins_of(directory: Path, days_ago: int) -> FastAPI:
    """A Jenkins whose last good backup was made so long ago."""
    jenkins_state.fresh(utc_now() - timedelta(days=days_ago)).write(directory / "jenkins.json")
    return jenkins.create_app(directory / "jenkins.json")


@pytest.mark.parametrize(("days_ago", "state"), [(0, CheckState.OK), (9, CheckState.DRIFT)])
async def test_an_old_backup_is_told_before_anybody_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days_ago: int, state: CheckState
) -> None:
    """F5."""
    monkeypatch.setenv("JENKINS_TOKEN", jenkins_state.API_TOKEN)
    token = {"env": "JENKINS_TOKEN"}
    async with served(jenkins_of(tmp_path, days_ago)) as url:
        settings = {"url": url, "user": jenkins_state.USER, "token": token}
        found = await checks(tmp_path, Area.JENKINS, jenkins=settings)
    assert (found["job"].state, found["backup is young"].state) == (CheckState.OK, state)
    assert "the last good backup, run" in found["backup is young"].reason


@pytest.mark.parametrize(("e2e", "state"), [("success", CheckState.OK), ("failure", CheckState.DRIFT)])
async def test_a_workflow_that_is_red_for_the_deployed_commit_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, e2e: str, state: CheckState
) -> None:
    """D7: red before any incident is no news in one."""
    monkeypatch.setenv("GITHUB_TOKEN", github_state.TOKEN)
    ran = github_happenings.ran(
        github_happenings.fresh((), utc_now()),
        COMMIT,
        {"lint": "success", "contract": "success", "e2e": e2e},
        utc_now(),
    )
    ran.write(tmp_path / "github.json")
    health = by_path({"/api/v1/health": reply(200, f'{{"status": "ok", "commit": "{COMMIT}"}}')})
    async with served(github.create_app(tmp_path / "github.json")) as url, strange(health) as orchestrator:
        found = await checks(
            tmp_path,
            Area.GITHUB,
            orchestrator={"url": orchestrator.url},
            github={"repository": github_state.REPOSITORY, "api_url": url, "token": {"env": "GITHUB_TOKEN"}},
        )
    assert (found["jobs"].state, found["jobs are green"].state) == (CheckState.OK, state)
