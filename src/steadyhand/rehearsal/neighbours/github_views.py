"""The stand-in's records as GitHub's REST API shows them, every field there that its schema requires."""

from datetime import datetime

from .github_repository_views import View, small_repository, whole_repository
from .github_state import DeploymentState, GitHubState, JobState, RunState, StatusState, WorkflowState


class Views:
    """The views of one state, with addresses under `base`."""

    def __init__(self, state: GitHubState, base: str) -> None:
        self._state = state
        self._site = f"{base.rstrip('/')}/{state.repository}"
        self._api = f"{base.rstrip('/')}/repos/{state.repository}"
        self._repository = small_repository(state.repository, site=self._site, api=self._api)

    def repository(self, made_at: datetime) -> View:
        """The repository by itself."""
        return whole_repository(self._repository, made_at)

    def workflow(self, workflow: WorkflowState, made_at: datetime) -> View:
        """One workflow."""
        return {
            "id": workflow.id,
            "node_id": f"W_{workflow.id}",
            "name": workflow.name,
            "path": f".github/workflows/{workflow.file}",
            "state": workflow.state,
            **dict.fromkeys(("created_at", "updated_at"), made_at.isoformat()),
            "url": f"{self._api}/actions/workflows/{workflow.id}",
            "html_url": f"{self._site}/blob/main/.github/workflows/{workflow.file}",
            "badge_url": f"{self._site}/workflows/{workflow.id}/badge.svg",
        }

    def run(self, run: RunState) -> View:
        """One run."""
        url = f"{self._api}/actions/runs/{run.id}"
        links = ("jobs", "logs", "artifacts", "cancel", "rerun")
        workflow = next(w for w in self._state.workflows if w.id == run.workflow)
        return {
            "id": run.id,
            "name": workflow.name,
            "node_id": f"WFR_{run.id}",
            "head_branch": "main",
            "head_sha": run.head_sha,
            "path": f".github/workflows/{workflow.file}",
            "display_title": run.title,
            "run_number": run.number,
            "run_attempt": run.attempt,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "workflow_id": run.workflow,
            "url": url,
            "html_url": self.run_page(run),
            "pull_requests": [],
            **dict.fromkeys(("created_at", "updated_at", "run_started_at"), run.created_at.isoformat()),
            **{f"{name}_url": f"{url}/{name}" for name in links},
            "check_suite_url": f"{self._api}/check-suites/{run.id}",
            "workflow_url": f"{self._api}/actions/workflows/{run.workflow}",
            "head_commit": None,
            "repository": self._repository,
            "head_repository": self._repository,
        }

    def run_page(self, run: RunState) -> str:
        """Where a person looks at the run."""
        return f"{self._site}/actions/runs/{run.id}"

    def job(self, job: JobState, run: RunState) -> View:
        """One job of a run."""
        return {
            "id": job.id,
            "run_id": run.id,
            "run_url": f"{self._api}/actions/runs/{run.id}",
            "run_attempt": job.attempt,
            "node_id": f"CR_{job.id}",
            "head_sha": run.head_sha,
            "head_branch": "main",
            "url": f"{self._api}/actions/jobs/{job.id}",
            "html_url": f"{self.run_page(run)}/job/{job.id}",
            "check_run_url": f"{self._api}/check-runs/{job.id}",
            "status": job.status,
            "conclusion": job.conclusion,
            **dict.fromkeys(("created_at", "started_at"), run.created_at.isoformat()),
            "completed_at": run.created_at.isoformat() if job.status == "completed" else None,
            "name": job.name,
            "steps": [],
            "labels": ["ubuntu-latest"],
            **dict.fromkeys(("runner_id", "runner_name", "runner_group_id", "runner_group_name", "workflow_name")),
        }

    def deployment(self, deployment: DeploymentState) -> View:
        """One deployment."""
        url = f"{self._api}/deployments/{deployment.id}"
        return {
            "url": url,
            "id": deployment.id,
            "node_id": f"DE_{deployment.id}",
            "task": "deploy",
            "sha": deployment.sha,
            "ref": deployment.ref,
            "payload": deployment.payload,
            "environment": deployment.environment,
            "description": None,
            "creator": self._repository["owner"],
            **dict.fromkeys(("created_at", "updated_at"), deployment.created_at.isoformat()),
            "statuses_url": f"{url}/statuses",
            "repository_url": self._api,
        }

    def status(self, status: StatusState, deployment: DeploymentState) -> View:
        """One status of a deployment."""
        url = f"{self._api}/deployments/{deployment.id}"
        return {
            "url": f"{url}/statuses/{status.id}",
            "id": status.id,
            "node_id": f"DES_{status.id}",
            "state": status.state,
            "creator": self._repository["owner"],
            "description": "",
            **dict.fromkeys(("created_at", "updated_at"), status.created_at.isoformat()),
            "deployment_url": url,
            "repository_url": self._api,
        }
