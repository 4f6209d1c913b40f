"""What the stand-in for GitHub knows: one repository's workflows, their runs, and its deployments."""

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from steadyhand.rehearsal.durable import replace_file
from steadyhand.rehearsal.state import Record

REPOSITORY = "acme/orchestrator"
TOKEN = "ghp_rehearsal"  # noqa: S105 - opens nothing but this stand-in
HARDENING = "Phase 6 Regression Hardening"
HARDENING_JOBS = ("lint", "contract", "e2e")
DEPLOY_INPUTS = ("environment", "release", "variables", "steadyhand_id")

Status = Literal["queued", "in_progress", "completed", "waiting", "requested", "pending"]
DeploymentWord = Literal["error", "failure", "inactive", "pending", "success", "queued", "in_progress"]


class WorkflowState(Record):
    """One workflow; `inputs` are those of its dispatch, None where it cannot be dispatched."""

    id: int
    name: str
    file: str
    state: str = "active"
    inputs: tuple[str, ...] | None = None


class JobState(Record):
    """One job of one attempt of a run."""

    id: int
    name: str
    status: Status = "queued"
    conclusion: str | None = None
    attempt: int = 1
    log: str | None = None


class RunState(Record):
    """One run. `attempt` is its latest; jobs of earlier ones stay."""

    id: int
    workflow: int
    number: int
    title: str
    event: str
    head_sha: str
    created_at: AwareDatetime
    attempt: int = 1
    status: Status = "queued"
    conclusion: str | None = None
    inputs: dict[str, str] = Field(default_factory=dict)
    jobs: tuple[JobState, ...] = ()


class StatusState(Record):
    """One status of a deployment."""

    id: int
    state: DeploymentWord
    created_at: AwareDatetime


class DeploymentState(Record):
    """One deployment, its statuses from the oldest to the newest."""

    id: int
    environment: str
    sha: str
    ref: str
    payload: JsonValue
    created_at: AwareDatetime
    statuses: tuple[StatusState, ...] = ()


class GitHubState(Record):
    """One repository, and who may ask. `scopes` are a classic token's; None: another kind's."""

    repository: str = REPOSITORY
    token: str = TOKEN
    scopes: str | None = "repo, workflow"
    branches: dict[str, str] = Field(default_factory=lambda: {"main": "0" * 40})
    next_id: int = 1000
    workflows: tuple[WorkflowState, ...] = ()
    runs: tuple[RunState, ...] = ()
    deployments: tuple[DeploymentState, ...] = ()

    @classmethod
    def read(cls, file: Path) -> "GitHubState":
        """The state as it is now."""
        return cls.model_validate_json(file.read_bytes())

    def write(self, file: Path) -> None:
        """From now on, this is the state; readers never see half of it."""
        replace_file(file, self.model_dump_json(indent=2))

    def workflow(self, given: str) -> WorkflowState | None:
        """By its id or its file, as GitHub's addresses have it."""
        return next((w for w in self.workflows if given in {str(w.id), w.file}), None)

    def run(self, number: int) -> RunState | None:
        """By its id."""
        return next((run for run in self.runs if run.id == number), None)

    def deployment(self, number: int) -> DeploymentState | None:
        """By its id."""
        return next((deployment for deployment in self.deployments if deployment.id == number), None)


def change(file: Path, how: Callable[[GitHubState], GitHubState]) -> GitHubState:
    """The state is what `how` makes of it, whoever else changes it at the same time."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = how(GitHubState.read(file))
        state.write(file)
        return state
