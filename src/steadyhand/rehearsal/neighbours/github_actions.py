"""GitHub Actions at the stand-in: workflows, runs, jobs and their logs, and orders to run a workflow."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from pydantic import BaseModel

from .github_asking import OLD_VERSION, Asked, OnPage, found
from .github_happenings import altered, begun
from .github_repository_views import View
from .github_state import GitHubState, WorkflowState, change

router = APIRouter(prefix="/repos/{owner}/{repo}/actions")
storage = APIRouter(prefix="/storage")
_SIGNATURE = "rehearsal"


class Order(BaseModel):
    """An order to run a workflow."""

    ref: str
    inputs: dict[str, str] = {}


@router.get("/workflows")
async def list_workflows(asked: Asked, page: OnPage) -> View:
    """All of them."""
    now = datetime.now(UTC)
    return page.listed("workflows", [asked.views.workflow(w, now) for w in asked.state.workflows])


@router.get("/workflows/{given}")
async def get_workflow(asked: Asked, given: str) -> View:
    """By id or file."""
    return asked.views.workflow(asked.workflow(given), datetime.now(UTC))


@router.get("/workflows/{given}/runs")
async def list_runs(
    asked: Asked, given: str, page: OnPage, head_sha: str | None = None, event: str | None = None
) -> View:
    """Newest first."""
    workflow = asked.workflow(given)
    runs = [
        run
        for run in reversed(asked.state.runs)
        if run.workflow == workflow.id and head_sha in {None, run.head_sha} and event in {None, run.event}
    ]
    return page.listed("workflow_runs", [asked.views.run(run) for run in runs])


@router.get("/runs/{number}")
async def get_run(asked: Asked, number: int) -> View:
    """One run."""
    return asked.views.run(asked.run(number))


@router.get("/runs/{number}/jobs")
async def list_jobs(
    asked: Asked,
    number: int,
    page: OnPage,
    which: Annotated[Literal["latest", "all"], Query(alias="filter")] = "latest",
) -> View:
    """Of the latest attempt, or of all."""
    run = asked.run(number)
    jobs = [job for job in run.jobs if which == "all" or job.attempt == run.attempt]
    return page.listed("jobs", [asked.views.job(job, run) for job in jobs])


@router.get("/jobs/{number}/logs")
async def get_log(asked: Asked, number: int, request: Request) -> Response:
    """A job's log lies elsewhere, at an address that needs no token."""
    _log(asked.state, number)
    return RedirectResponse(f"{request.base_url}storage/logs/{number}?sig={_SIGNATURE}", 302)


@router.post("/workflows/{given}/dispatches")
async def dispatch(asked: Asked, given: str, order: Order, request: Request) -> Response:
    """A run is queued; its title shows the input `steadyhand_id`, as the workflow's run-name has it."""
    workflow = asked.workflow(given)
    _refuse(workflow, order, asked.state)
    title = f"{workflow.name} {order.inputs.get('steadyhand_id', '')}".strip()
    head, now = asked.state.branches[order.ref], datetime.now(UTC)
    state = change(
        asked.file,
        lambda s: begun(s, workflow, head, now, title=title, event="workflow_dispatch", inputs=order.inputs),
    )
    run = state.runs[-1]
    if request.app.state.on_dispatch is not None:
        request.app.state.on_dispatch(run)
    if asked.version == OLD_VERSION:
        return Response(status_code=204)
    view = asked.views.run(run)
    return JSONResponse({"workflow_run_id": run.id, "run_url": view["url"], "html_url": view["html_url"]})


@router.post("/runs/{number}/cancel", status_code=202)
async def cancel(asked: Asked, number: int, request: Request) -> dict[str, str]:
    """A run that is not completed is told to stop; the real one takes a moment to end."""
    run = asked.run(number)
    if run.status == "completed":
        raise HTTPException(409, "Cannot cancel a workflow run that is completed.")
    if request.app.state.on_cancel is not None:
        request.app.state.on_cancel(run)
    else:
        change(asked.file, lambda s: altered(s, number, status="completed", conclusion="cancelled"))
    return {}


@storage.get("/logs/{number}")
async def download(number: int, request: Request, sig: str = "") -> Response:
    """Signed addresses and tokens do not go together: with a token, the real storage refuses, too."""
    if sig != _SIGNATURE or "authorization" in request.headers:
        raise HTTPException(400, "InvalidAuthenticationInfo")
    return PlainTextResponse(_log(GitHubState.read(request.app.state.file), number))


def _refuse(workflow: WorkflowState, order: Order, state: GitHubState) -> None:
    if workflow.inputs is None:
        raise HTTPException(422, "Workflow does not have 'workflow_dispatch' trigger")
    if workflow.state != "active":
        raise HTTPException(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    if order.ref not in state.branches:
        raise HTTPException(422, f"No ref found for: {order.ref}")
    if unknown := sorted(set(order.inputs) - set(workflow.inputs)):
        raise HTTPException(422, f"Unexpected inputs provided: {unknown}")


def _log(state: GitHubState, number: int) -> str:
    return found(next((job.log for run in state.runs for job in run.jobs if job.id == number), None))
