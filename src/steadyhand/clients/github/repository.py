"""One repository: its workflows, runs, jobs and deployments, and an order to deploy."""

from types import TracebackType
from typing import Self

import httpx
from pydantic import TypeAdapter

from steadyhand.clients.github.connection import PAGE, GitHubConnection, Page
from steadyhand.clients.github.records import DeploymentStatus, GitHubDeployment, Job, Workflow, WorkflowRun
from steadyhand.clients.http import get_text
from steadyhand.clients.trust import trusted
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import SecretRef

_NEWEST = 30
_MAX_LOG_BYTES = 20_000_000
_WORKFLOW = TypeAdapter(Workflow)
_WORKFLOWS = TypeAdapter(Page[Workflow])
_RUN = TypeAdapter(WorkflowRun)
_RUNS = TypeAdapter(Page[WorkflowRun])
_JOBS = TypeAdapter(Page[Job])
_DEPLOYMENTS = TypeAdapter(tuple[GitHubDeployment, ...])
_STATUSES = TypeAdapter(tuple[DeploymentStatus, ...])


class GitHubRepository:
    """A connection about one repository, owner/name. Every method raises as GitHubConnection says."""

    def __init__(
        self, repository: str, *, api_url: str, token: SecretRef | None, seconds: float, max_bytes: int, table: str
    ) -> None:
        self._owner, _, self._name = repository.partition("/")
        self._seconds = seconds
        self._github = GitHubConnection(
            api_url, token, about=f"repository {repository}", seconds=seconds, max_bytes=max_bytes, table=table
        )

    async def __aenter__(self) -> Self:
        await self._github.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._github.__aexit__(kind, error, trace)

    async def token_scopes(self) -> tuple[str, ...] | None:
        """What a classic token may do; None where GitHub does not tell. The repository can be seen."""
        answer = await self._github.answer(self._github.rest.repos.async_get(self._owner, self._name))
        told = answer.headers.get("X-OAuth-Scopes")
        return None if told is None else tuple(scope.strip() for scope in told.split(",") if scope.strip())

    async def workflows(self) -> tuple[Workflow, ...]:
        """All of them; no more than a thousand."""
        asked = self._github.rest.actions.async_list_repo_workflows
        return await self._github.pages(
            lambda page: asked(self._owner, self._name, per_page=PAGE, page=page), _WORKFLOWS
        )

    async def workflow(self, file: str) -> Workflow:
        """The workflow in this file. Raises NotThere."""
        asked = self._github.rest.actions.async_get_workflow(self._owner, self._name, file)
        return await self._github.read(asked, _WORKFLOW)

    async def runs_for(self, workflow: int, commit: str) -> tuple[WorkflowRun, ...]:
        """The newest runs for exactly this commit, without their jobs."""
        asked = self._github.rest.actions.async_list_workflow_runs(
            self._owner, self._name, workflow, head_sha=commit, per_page=_NEWEST, exclude_pull_requests=True
        )
        return tuple(run for run in (await self._github.read(asked, _RUNS)).items if run.head_sha == commit)

    async def dispatched_runs(self, workflow: str) -> tuple[WorkflowRun, ...]:
        """The newest runs of this file's workflow that were dispatched, without their jobs."""
        asked = self._github.rest.actions.async_list_workflow_runs(
            self._owner, self._name, workflow, event="workflow_dispatch", per_page=_NEWEST, exclude_pull_requests=True
        )
        return (await self._github.read(asked, _RUNS)).items

    async def run(self, run: int) -> WorkflowRun:
        """The run as it is now, without its jobs. Raises NotThere when it was deleted."""
        asked = self._github.rest.actions.async_get_workflow_run(self._owner, self._name, run)
        return await self._github.read(asked, _RUN)

    async def jobs(self, run: int) -> tuple[Job, ...]:
        """The jobs of the run's latest attempt; no more than a thousand."""
        asked = self._github.rest.actions.async_list_jobs_for_workflow_run
        return await self._github.pages(
            lambda page: asked(self._owner, self._name, run, filter_="latest", per_page=PAGE, page=page), _JOBS
        )

    async def log(self, job: int) -> str:
        """The job's log. GitHub sends us on to a storage, which is asked without the token."""
        asked = self._github.rest.actions.async_download_job_logs_for_workflow_run(self._owner, self._name, job)
        answer = await self._github.answer(asked)
        if not answer.is_redirect:
            return answer.content.decode(errors="replace")
        try:
            address = str(answer.url.join(answer.headers.get("Location", "")))
            async with httpx.AsyncClient(timeout=self._seconds, verify=trusted()) as storage:
                return await get_text(storage, address, seconds=self._seconds, max_bytes=_MAX_LOG_BYTES)
        except httpx.InvalidURL as error:
            raise UnexpectedAnswer(f"GitHub sent us for a log to what is no address: {error}") from error

    async def dispatch(self, workflow: str, ref: str, inputs: dict[str, str]) -> None:
        """GitHub has taken the order; its run appears a little later."""
        await self._github.answer(
            self._github.rest.actions.async_create_workflow_dispatch(
                self._owner, self._name, workflow, data={"ref": ref, "inputs": inputs}
            )
        )

    async def cancel(self, run: int) -> None:
        """GitHub has been told to cancel the run; it takes a moment."""
        await self._github.answer(self._github.rest.actions.async_cancel_workflow_run(self._owner, self._name, run))

    async def deployments(self, environment: str) -> tuple[GitHubDeployment, ...]:
        """The newest deployments of this environment, newest first."""
        asked = self._github.rest.repos.async_list_deployments(
            self._owner, self._name, environment=environment, per_page=_NEWEST
        )
        found = await self._github.read(asked, _DEPLOYMENTS)
        return tuple(sorted(found, key=lambda deployment: deployment.id, reverse=True))

    async def states(self, deployment: int) -> tuple[str, ...]:
        """The states this deployment has been in, newest first."""
        asked = self._github.rest.repos.async_list_deployment_statuses(
            self._owner, self._name, deployment, per_page=PAGE
        )
        found = await self._github.read(asked, _STATUSES)
        return tuple(status.state for status in sorted(found, key=lambda status: status.id, reverse=True))
