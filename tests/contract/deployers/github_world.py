"""The stand-in for GitHub on a real socket, with a runner that plays the platform team's deploy workflow."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from fastapi import Request, Response
from pydantic import JsonValue
from starlette.middleware.base import RequestResponseEndpoint

from steadyhand.clients.deployers.github import WorkflowDispatch
from steadyhand.domain.record import utc_now
from steadyhand.profile import GitHubDeployer, SecretRef
from steadyhand.rehearsal.neighbours import github_happenings as happening
from steadyhand.rehearsal.neighbours.github import create_app
from steadyhand.rehearsal.neighbours.github_state import (
    REPOSITORY,
    TOKEN,
    DeploymentWord,
    GitHubState,
    RunState,
    change,
)
from tests.contract.target.served import served

from .world import EARLIER, MANAGED, ORIGINAL, RELEASE, SCHEDULER, SECRET

COMMITS = {EARLIER: "a" * 40, RELEASE: "b" * 40}
ENVIRONMENT = "production"


class GitHubWorld:
    """See World. `played` decides what the runner does with an order, `stopped` what with one that is cancelled.

    `odd` answers in GitHub's place wherever it has an answer.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.words: str | None = None
        self.played: Callable[[RunState], None] = self.play
        self.stopped: Callable[[RunState], None] = self.stop
        self.odd: Callable[[Request], Response | None] = lambda _: None
        self.deployer: WorkflowDispatch
        self.serving = AsyncExitStack()
        self.url = ""
        self._runners: set[asyncio.Task[None]] = set()
        self._start = 0

    async def die_at_boot(self, words: str) -> None:
        self.words = words

    async def recover(self) -> None:
        self.words = None

    async def changed_by_another(self) -> None:
        self.deploy({"release": RELEASE, "environment": {**ORIGINAL, SCHEDULER: "sequential"}}, RELEASE)

    async def unreachable(self) -> None:
        await self.serving.aclose()

    async def rollouts(self) -> int:
        return len(self.state.deployments) - self._start

    @property
    def state(self) -> GitHubState:
        """As it is now."""
        return GitHubState.read(self.file)

    def made(self, *, health_url: str | None = None, **changes: object) -> WorkflowDispatch:
        """An impatient deployer, with these settings changed."""
        settings = GitHubDeployer(
            repository=REPOSITORY,
            api_url=self.url,
            token=SecretRef(file=self.file.parent / "token"),
            timeout_seconds=5,
            poll_seconds=0.05,
            request_timeout_seconds=2,
        ).model_copy(update=changes)
        return WorkflowDispatch(settings, environment=ENVIRONMENT, managed=MANAGED, health_url=health_url)

    def change(self, how: Callable[[GitHubState], GitHubState]) -> GitHubState:
        """Something happens at GitHub."""
        return change(self.file, how)

    def deploy(self, payload: JsonValue, release: str, *, word: DeploymentWord | None = "success") -> int:
        """A deployment with this outcome; the id of it."""
        now, sha = utc_now(), COMMITS.get(release, "c" * 40)
        state = self.change(lambda s: happening.deployed(s, ENVIRONMENT, payload, now, sha=sha))
        number = state.deployments[-1].id
        if word is not None:
            self.change(lambda s: happening.told(s, number, word, now))
        return number

    def began(self) -> None:
        """Rollouts are counted from now on."""
        self._start = len(self.state.deployments)

    def queued(self, run: RunState) -> None:
        """Somebody has ordered this run."""
        self.played(run)

    def stopping(self, run: RunState) -> None:
        """Somebody has cancelled this run."""
        self.stopped(run)

    def stop(self, run: RunState) -> None:
        """The runner lets go of it at once."""
        self.change(lambda s: happening.altered(s, run.id, status="completed", conclusion="cancelled"))

    async def pass_on(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """What stands between us and GitHub."""
        return self.odd(request) or await call_next(request)

    def play(self, run: RunState) -> None:
        """The runner takes the order at once, and works on it beside the server."""
        runner = asyncio.ensure_future(self.work(run))
        self._runners.add(runner)
        runner.add_done_callback(self._runners.discard)

    async def work(self, run: RunState) -> None:
        """As the workflow does it: a deployment in progress, a moment, and the outcome."""
        self.change(lambda s: happening.altered(s, run.id, status="in_progress"))
        payload: JsonValue = {
            "release": run.inputs["release"],
            "environment": {**json.loads(run.inputs["variables"]), "API_KEY": SECRET},
        }
        number = self.deploy(payload, run.inputs["release"], word="in_progress")
        await asyncio.sleep(0.15)
        if self.words is None:
            self.ended(run, number, "success", "success")
        else:
            self.ended(run, number, "failure", "failure", log=f"##[group]Deploy\n{self.words}\n##[error]exit code 3\n")

    def ended(
        self, run: RunState, number: int, word: DeploymentWord, conclusion: str, *, log: str = "deployed\n"
    ) -> None:
        """The deployment and the run come to this."""
        now = utc_now()
        self.change(lambda s: happening.told(s, number, word, now))
        jobs = {"prepare": "success", "deploy": conclusion}
        self.change(lambda s: happening.finished(s, run.id, jobs, logs={"deploy": log}))

    async def at_rest(self) -> None:
        """No runner is at work."""
        await asyncio.gather(*self._runners)


@asynccontextmanager
async def github_world(directory: Path) -> AsyncIterator[GitHubWorld]:
    """2.6.4 was deployed once, and 2.7.0 after it."""
    file = directory / "github.json"
    (directory / "token").write_text(TOKEN)
    happening.fresh((), utc_now()).write(file)
    world = GitHubWorld(file)
    for release in (EARLIER, RELEASE):
        world.deploy({"release": release, "environment": {**ORIGINAL, "API_KEY": SECRET}}, release)
    world.began()
    async with world.serving:
        app = create_app(file, on_dispatch=world.queued, on_cancel=world.stopping)
        app.middleware("http")(world.pass_on)
        world.url = await world.serving.enter_async_context(served(app))
        world.deployer = world.made()
        yield world
        await world.at_rest()
