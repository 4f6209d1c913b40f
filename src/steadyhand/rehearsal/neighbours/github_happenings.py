"""What happens at the stand-in for GitHub, as one state becoming the next: runs, their jobs, deployments."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import JsonValue

from .github_state import (
    DEPLOY_INPUTS,
    HARDENING,
    HARDENING_JOBS,
    DeploymentState,
    DeploymentWord,
    GitHubState,
    JobState,
    RunState,
    StatusState,
    WorkflowState,
)


def fresh(commits: Iterable[str], now: datetime) -> GitHubState:
    """The hardening workflow is green for these commits; `deploy.yml` can be dispatched and has not been."""
    state = GitHubState(
        workflows=(
            WorkflowState(id=11, name=HARDENING, file="phase6-regression-hardening.yml"),
            WorkflowState(id=12, name="Deploy", file="deploy.yml", inputs=DEPLOY_INPUTS),
        )
    )
    for commit in commits:
        state = ran(state, commit, dict.fromkeys(HARDENING_JOBS, "success"), now)
    return state


def ran(state: GitHubState, commit: str, jobs: Mapping[str, str], now: datetime) -> GitHubState:
    """The hardening workflow ran for this commit, and its jobs came to these conclusions."""
    workflow = next(w for w in state.workflows if w.name == HARDENING)
    state = begun(state, workflow, commit, now, title=f"Push of {commit[:7]}", event="push")
    return finished(state, state.runs[-1].id, jobs)


def begun(
    state: GitHubState,
    workflow: WorkflowState,
    commit: str,
    now: datetime,
    *,
    title: str,
    event: str,
    inputs: Mapping[str, str] | None = None,
) -> GitHubState:
    """A run of this workflow is queued: the last one in the list."""
    run = RunState(
        id=state.next_id,
        workflow=workflow.id,
        number=1 + sum(run.workflow == workflow.id for run in state.runs),
        title=title,
        event=event,
        head_sha=commit,
        created_at=now,
        inputs=dict(inputs or {}),
    )
    return state.model_copy(update={"runs": (*state.runs, run), "next_id": state.next_id + 1})


def finished(
    state: GitHubState, run_id: int, jobs: Mapping[str, str], *, logs: Mapping[str, str] | None = None
) -> GitHubState:
    """The run's latest attempt is completed: a failure when any of these jobs did not succeed."""
    made = tuple(
        JobState(
            id=state.next_id + offset,
            name=name,
            status="completed",
            conclusion=conclusion,
            log=(logs or {}).get(name, f"{name}: {conclusion}\n"),
        )
        for offset, (name, conclusion) in enumerate(jobs.items())
    )
    good = all(conclusion in {"success", "skipped", "neutral"} for conclusion in jobs.values())
    state = state.model_copy(update={"next_id": state.next_id + len(made)})
    return altered(
        state,
        run_id,
        status="completed",
        conclusion="success" if good else "failure",
        jobs=_of_latest(state, run_id, made),
    )


def run_again(state: GitHubState, run_id: int) -> GitHubState:
    """The run is queued once more, under the same id, as its next attempt."""
    run = _run(state, run_id)
    return altered(state, run_id, attempt=run.attempt + 1, status="queued", conclusion=None)


def altered(state: GitHubState, run_id: int, **fields: object) -> GitHubState:
    """The run with these fields changed."""
    runs = tuple(run.model_copy(update=fields) if run.id == run_id else run for run in state.runs)
    return state.model_copy(update={"runs": runs})


def deployed(
    state: GitHubState, environment: str, payload: JsonValue, now: datetime, *, sha: str, ref: str = "main"
) -> GitHubState:
    """A deployment is made, without any status yet: the last one in the list."""
    made = DeploymentState(id=state.next_id, environment=environment, sha=sha, ref=ref, payload=payload, created_at=now)
    return state.model_copy(update={"deployments": (*state.deployments, made), "next_id": state.next_id + 1})


def told(state: GitHubState, deployment_id: int, word: DeploymentWord, now: datetime) -> GitHubState:
    """The deployment has this status; a success makes the environment's earlier ones inactive, as `auto_inactive`."""
    this = next(d for d in state.deployments if d.id == deployment_id)
    words: dict[int, DeploymentWord] = {this.id: word}
    if word == "success":
        earlier = [d for d in state.deployments if d.environment == this.environment and d.id < this.id]
        words |= {d.id: "inactive" for d in earlier if d.statuses and d.statuses[-1].state == "success"}
    made = {id_: StatusState(id=state.next_id + i, state=w, created_at=now) for i, (id_, w) in enumerate(words.items())}
    deployments = tuple(
        d.model_copy(update={"statuses": (*d.statuses, made[d.id])}) if d.id in made else d for d in state.deployments
    )
    return state.model_copy(update={"deployments": deployments, "next_id": state.next_id + len(made)})


def _of_latest(state: GitHubState, run_id: int, made: tuple[JobState, ...]) -> tuple[JobState, ...]:
    run = _run(state, run_id)
    return (*run.jobs, *(job.model_copy(update={"attempt": run.attempt}) for job in made))


def _run(state: GitHubState, run_id: int) -> RunState:
    return next(run for run in state.runs if run.id == run_id)
