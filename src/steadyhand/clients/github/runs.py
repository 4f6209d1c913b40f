"""The regression workflow's latest run for a commit (D7)."""

from steadyhand.clients.github.records import Workflow, WorkflowRun
from steadyhand.clients.github.repository import GitHubRepository
from steadyhand.errors import ConfigurationError, UnexpectedAnswer
from steadyhand.profile import GitHub

_SHOWN = 10
_ACTIVE = "active"


async def latest_run(settings: GitHub, commit: str) -> WorkflowRun | None:
    """The newest run of the profile's workflow for exactly this commit, with the jobs of its latest attempt, or None.

    Raises TransientError when GitHub does not answer, or with 5xx or a rate limit; UnexpectedAnswer when it does not
    know the repository, the workflow or the token; ConfigurationError when no repository is named.
    """
    async with _repository(settings) as github:
        workflow = _called(await github.workflows(), settings)
        runs = await github.runs_for(workflow.id, commit)
        if not runs:
            return None
        newest = max(runs, key=lambda run: run.number)
        return newest.model_copy(update={"jobs": await github.jobs(newest.id)})


async def configured_workflow(settings: GitHub) -> Workflow:
    """The profile's workflow, by its name or its file, whatever its `state`. Raises as `latest_run`."""
    async with _repository(settings) as github:
        return _called(await github.workflows(), settings)


async def workflow_names(settings: GitHub) -> tuple[str, ...]:
    """The names of the repository's workflows, sorted. Raises as `latest_run`."""
    async with _repository(settings) as github:
        return tuple(sorted({workflow.name for workflow in await github.workflows()}))


async def token_scopes(settings: GitHub) -> tuple[str, ...] | None:
    """What a classic token may do; None for other kinds, of which GitHub does not tell. Raises as `latest_run`."""
    async with _repository(settings) as github:
        return await github.token_scopes()


def _repository(settings: GitHub) -> GitHubRepository:
    if settings.repository is None:
        raise ConfigurationError("no GitHub repository is configured: set github.repository")
    return GitHubRepository(
        settings.repository,
        api_url=settings.api_url,
        token=settings.token,
        seconds=settings.timeout_seconds,
        max_bytes=settings.max_answer_bytes,
        table="github",
    )


def _called(workflows: tuple[Workflow, ...], settings: GitHub) -> Workflow:
    """The one of this name or file; of several, the only active one."""
    wanted = settings.workflow.casefold()
    found = [w for w in workflows if wanted in {w.name.casefold(), w.path.casefold(), w.file.casefold()}]
    if len(found) > 1:
        found = [w for w in found if w.state == _ACTIVE] or found
    if len(found) == 1:
        return found[0]
    if found:
        files = ", ".join(w.file for w in found[:_SHOWN])
        raise UnexpectedAnswer(
            f"{len(found)} workflows are called {settings.workflow!r}: set github.workflow to {files}"
        )
    names = ", ".join(sorted(w.name for w in workflows)[:_SHOWN]) or "none"
    raise UnexpectedAnswer(
        f"{settings.repository} has no workflow {settings.workflow!r} (it has: {names}); set github.workflow"
    )
