"""A stand-in for GitHub's REST API: one repository, over a state file that is read anew for each question."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from . import github_actions
from .github_asking import Asked, OnPage, found
from .github_repository_views import View
from .github_state import RunState

Play = Callable[[RunState], None]
router = APIRouter(prefix="/repos/{owner}/{repo}")


def create_app(state_file: Path, *, on_dispatch: Play | None = None, on_cancel: Play | None = None) -> FastAPI:
    """GitHub, as `state_file` (a `GitHubState`) says it is; `on_dispatch` may play the runner of each queued run.

    `on_cancel` may play what becomes of a run that is told to stop; without it, it is over at once.
    """
    app = FastAPI(openapi_url=None)
    app.state.file = state_file
    app.state.on_dispatch = on_dispatch
    app.state.on_cancel = on_cancel
    for routes in (router, github_actions.router, github_actions.storage):
        app.include_router(routes)
    app.add_exception_handler(HTTPException, _refused)
    return app


@router.get("")
async def get_repository(asked: Asked, response: Response) -> View:
    """The repository; the scopes of a classic token are told in a header."""
    if asked.state.scopes is not None:
        response.headers["X-OAuth-Scopes"] = asked.state.scopes
    return asked.views.repository(datetime.now(UTC))


@router.get("/deployments")
async def list_deployments(asked: Asked, page: OnPage, environment: str | None = None) -> list[View]:
    """Newest first."""
    wanted = [d for d in reversed(asked.state.deployments) if environment in {None, d.environment}]
    return page.of([asked.views.deployment(deployment) for deployment in wanted])


@router.get("/deployments/{number}/statuses")
async def list_statuses(asked: Asked, number: int, page: OnPage) -> list[View]:
    """Newest first."""
    deployment = found(asked.state.deployment(number))
    return page.of([asked.views.status(status, deployment) for status in reversed(deployment.statuses)])


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    page = "https://docs.github.com/rest"
    said = {"message": error.detail, "documentation_url": page, "status": str(error.status_code)}
    return JSONResponse(said, error.status_code)
