"""The stand-in for GitHub is true to its schema: githubkit's own models, generated from it, read every answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from githubkit import GitHub
from githubkit.exception import RequestFailed

from steadyhand.domain.record import utc_now
from steadyhand.rehearsal.neighbours import github_happenings as happening
from steadyhand.rehearsal.neighbours.github import create_app
from steadyhand.rehearsal.neighbours.github_state import REPOSITORY, TOKEN, GitHubState, RunState

from .served import served

OWNER, NAME = REPOSITORY.split("/")
COMMIT = "c0ffee" + "0" * 34
INPUTS = {"release": "2.7.0", "steadyhand_id": "steadyhand-1"}


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    """One green run, and one deployment that took another's place."""
    now = utc_now()
    state = happening.fresh([COMMIT], now)
    for _ in range(2):
        state = happening.deployed(state, "production", {"release": "2.7.0"}, now, sha=COMMIT)
        state = happening.told(state, state.deployments[-1].id, "success", now)
    state.write(tmp_path / "github.json")
    return tmp_path / "github.json"


@pytest.fixture
async def url(state_file: Path) -> AsyncIterator[str]:
    """Its address."""
    async with served(create_app(state_file)) as address:
        yield address


@pytest.fixture
async def github(url: str) -> AsyncIterator[GitHub]:  # type: ignore[type-arg]
    """The library as it is, pointed at it."""
    async with GitHub(TOKEN, base_url=url, http_cache=False, auto_retry=False) as made:
        yield made


async def test_workflows_runs_and_jobs_are_as_documented(github: GitHub) -> None:  # type: ignore[type-arg]
    """D7."""
    actions = github.rest.actions
    listed = (await actions.async_list_repo_workflows(OWNER, NAME)).parsed_data
    runs = (await actions.async_list_workflow_runs(OWNER, NAME, listed.workflows[0].id, head_sha=COMMIT)).parsed_data
    run = (await actions.async_get_workflow_run(OWNER, NAME, runs.workflow_runs[0].id)).parsed_data
    jobs = (await actions.async_list_jobs_for_workflow_run(OWNER, NAME, run.id)).parsed_data
    assert (await actions.async_get_workflow(OWNER, NAME, "deploy.yml")).parsed_data.name == "Deploy"
    assert (runs.total_count, run.head_sha) == (1, COMMIT)
    assert [(job.name, job.conclusion) for job in jobs.jobs] == [
        ("lint", "success"),
        ("contract", "success"),
        ("e2e", "success"),
    ]


async def test_deployments_and_the_repository_are_as_documented(github: GitHub) -> None:  # type: ignore[type-arg]
    """M1: a success makes the earlier deployment inactive."""
    repos = github.rest.repos
    found = (await repos.async_list_deployments(OWNER, NAME, environment="production")).parsed_data
    states = [
        [status.state for status in (await repos.async_list_deployment_statuses(OWNER, NAME, one.id)).parsed_data]
        for one in found
    ]
    assert states == [["success"], ["inactive", "success"]]
    assert (await repos.async_list_deployments(OWNER, NAME, environment="staging")).parsed_data == []
    assert (await repos.async_get(OWNER, NAME)).parsed_data.full_name == REPOSITORY


async def test_an_order_makes_a_queued_run_that_shows_its_id(url: str, github: GitHub, state_file: Path) -> None:  # type: ignore[type-arg]
    """M1: the run's address comes back in GitHub's new version, and nothing in the old one."""
    actions = github.rest.actions
    told = (
        await actions.async_create_workflow_dispatch(OWNER, NAME, "deploy.yml", ref="main", inputs=INPUTS)
    ).parsed_data
    headers = {"Authorization": f"Bearer {TOKEN}", "X-GitHub-Api-Version": "2022-11-28"}
    address = f"{url}/repos/{REPOSITORY}/actions/workflows/12/dispatches"
    async with httpx.AsyncClient() as plain:
        old = await plain.post(address, json={"ref": "main", "inputs": INPUTS}, headers=headers)
    ordered = [run for run in GitHubState.read(state_file).runs if run.event == "workflow_dispatch"]
    assert [(run.title, run.status) for run in ordered] == [("Deploy steadyhand-1", "queued")] * 2
    assert told.workflow_run_id == ordered[0].id
    assert (old.status_code, old.content) == (204, b"")


async def test_whoever_plays_the_runner_is_told_of_the_order(state_file: Path) -> None:
    """A rehearsal's way in."""
    told: list[RunState] = []
    async with served(create_app(state_file, on_dispatch=told.append)) as url, GitHub(TOKEN, base_url=url) as github:
        await github.rest.actions.async_create_workflow_dispatch(OWNER, NAME, "deploy.yml", ref="main", inputs=INPUTS)
    assert [run.inputs["release"] for run in told] == ["2.7.0"]


async def test_it_refuses_as_github_does(url: str) -> None:
    """Bad credentials, unknown repositories and workflows, orders that cannot be."""

    async def status(token: str, owner: str, workflow: str, ref: str = "main", colour: str | None = None) -> int:
        inputs = INPUTS if colour is None else {"colour": colour}
        async with GitHub(token, base_url=url, http_cache=False, auto_retry=False) as github:
            with pytest.raises(RequestFailed) as refused:
                await github.rest.actions.async_create_workflow_dispatch(owner, NAME, workflow, ref=ref, inputs=inputs)
            return refused.value.response.status_code

    assert await status("wrong", OWNER, "deploy.yml") == 401
    assert await status(TOKEN, "nobody", "deploy.yml") == 404
    assert await status(TOKEN, OWNER, "missing.yml") == 404
    assert await status(TOKEN, OWNER, "11") == 422
    assert await status(TOKEN, OWNER, "deploy.yml", ref="nowhere") == 422
    assert await status(TOKEN, OWNER, "deploy.yml", colour="red") == 422
