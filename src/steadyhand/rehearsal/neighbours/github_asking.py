"""How the stand-in for GitHub is asked: who, about which repository, in which version, and for which page."""

import secrets
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Header, HTTPException, Query, Request

from .github_repository_views import View
from .github_state import GitHubState, RunState, WorkflowState
from .github_views import Views

OLD_VERSION, NEW_VERSION = "2022-11-28", "2026-03-10"
T = TypeVar("T")


class Question:
    """One authorised question about the repository that exists; others are refused as GitHub does it."""

    def __init__(
        self,
        request: Request,
        owner: str,
        repo: str,
        authorization: Annotated[str, Header()] = "",
        x_github_api_version: Annotated[str, Header()] = OLD_VERSION,
    ) -> None:
        self.file: Path = request.app.state.file
        self.state = GitHubState.read(self.file)
        self.version = x_github_api_version
        given = authorization.partition(" ")[2]
        if not secrets.compare_digest(given.encode(), self.state.token.encode()):
            raise HTTPException(401, "Bad credentials")
        if f"{owner}/{repo}".casefold() != self.state.repository.casefold():
            raise HTTPException(404, "Not Found")
        if self.version not in {OLD_VERSION, NEW_VERSION}:
            raise HTTPException(400, f"{self.version} is not a supported version")
        self.views = Views(self.state, str(request.base_url))

    def workflow(self, given: str) -> WorkflowState:
        """By id or file."""
        return found(self.state.workflow(given))

    def run(self, number: int) -> RunState:
        """By id."""
        return found(self.state.run(number))


class Part:
    """Which page of a list is asked for."""

    def __init__(self, per_page: Annotated[int, Query(ge=1)] = 30, page: Annotated[int, Query(ge=1)] = 1) -> None:
        self._size = min(per_page, 100)
        self._begin = (page - 1) * self._size

    def of(self, items: list[View]) -> list[View]:
        """The items on it."""
        return items[self._begin : self._begin + self._size]

    def listed(self, name: str, items: list[View]) -> View:
        """The items on it, and how many there are all told."""
        return {"total_count": len(items), name: self.of(items)}


Asked = Annotated[Question, Depends()]
OnPage = Annotated[Part, Depends()]


def found(what: T | None) -> T:
    """What is there; else 404."""
    if what is None:
        raise HTTPException(404, "Not Found")
    return what
