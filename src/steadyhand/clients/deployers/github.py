"""Deploying by a workflow of GitHub Actions (M1, M2, M3).

An order's id follows from what is wished and from the deployment it starts from, and its run shows it. So whoever asks
for the same change again, after a crash, finds the run that is under way and waits for it.
"""

import asyncio
import hashlib
import json

from steadyhand.clients.deployers.github_history import GitHubHistory, Standing
from steadyhand.clients.deployers.github_run import OrderedRun
from steadyhand.clients.github import GitHubRepository, NotThere, WorkflowRun
from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.errors import ChangeRefused, SteadyhandError, UnexpectedAnswer
from steadyhand.profile import HEALTHY, GitHubDeployer

_ACTIVE = "active"
_MAX_ANSWER_BYTES = 5_000_000
_SETTLING_LOOKS = 12


class WorkflowDispatch:
    """A deployer of kind `github`. `environment` is GitHub's name of it, unless the profile gives another.

    `health_url` is the orchestrator's health; without one, GitHub's word is taken for it.
    """

    def __init__(
        self,
        settings: GitHubDeployer,
        *,
        environment: str,
        managed: tuple[str, ...],
        health_url: str | None,
        healthy: tuple[str, ...] = HEALTHY,
    ) -> None:
        self._settings = settings
        self._environment = settings.environment or environment
        self._history = GitHubHistory(
            settings, environment=self._environment, managed=managed, health_url=health_url, healthy=healthy
        )

    async def state(self) -> Deployment:
        """See Deployer."""
        async with self._repository() as github:
            return (await self._history.read(github)).deployment

    async def apply(self, desired: DesiredDeployment) -> None:
        """See Deployer. Cancelled or killed, the run goes on by itself, and the next call waits for it.

        So a failed look is no refusal: a run may be under way that nobody saw, and land once the former state was found
        to be there and the matter closed. ChangeRefused is raised only where nothing of this order can land any more.
        """
        async with self._repository() as github:
            await self._converge(github, desired)

    async def check(self, desired: DesiredDeployment) -> bool:  # noqa: ARG002 - see Deployer
        """See Deployer. GitHub cannot tell what a state would do; whether its workflow can be run is looked at."""
        async with self._repository() as github:
            try:
                workflow = await github.workflow(self._settings.workflow)
            except NotThere as error:
                raise ChangeRefused(f"the workflow {self._settings.workflow} cannot be run: {error}") from error
        if workflow.state != _ACTIVE:
            raise ChangeRefused(f"the workflow {self._settings.workflow} cannot be run: it is {workflow.state}")
        return False

    async def _converge(self, github: GitHubRepository, desired: DesiredDeployment) -> None:
        standing = await self._history.read(github)
        if standing.serves(desired):
            return
        order = OrderedRun(github, self._settings, self._order(desired, standing))
        run = await order.under_way()
        if run is None:
            if order.was_given_before and (await self._history.read(github)).serves(desired):
                return
            run = await order.give(
                {
                    "environment": self._environment,
                    "release": desired.release,
                    "variables": json.dumps(desired.environment, sort_keys=True),
                }
            )
        await order.succeed(run)
        await self._settled(github, desired, run)

    def _order(self, desired: DesiredDeployment, standing: Standing) -> str:
        """The same for the same change from the same state.

        Not of the newest deployment of all: the run makes one of its own before it is done.
        """
        change = [self._environment, desired.release, desired.environment, standing.id]
        digest = hashlib.sha256(json.dumps(change, sort_keys=True).encode()).hexdigest()
        return f"steadyhand-{digest[:20]}"

    async def _settled(self, github: GitHubRepository, desired: DesiredDeployment, run: WorkflowRun) -> None:
        """The deployments show what is desired, healthy; they may follow the run by a moment.

        Raises ChangeRefused when it is not healthy; UnexpectedAnswer when they do not show it: the run did something.
        """
        told = "is not to be read"
        there = False
        for _ in range(_SETTLING_LOOKS):
            try:
                standing = await self._history.read(github)
            except SteadyhandError as error:
                told = f"is not to be read: {error}"
            else:
                if standing.serves(desired):
                    return
                there = standing.deployment.desired == desired
                told = "is not healthy" if there else "is something else (no new deployment stands as a success)"
            await asyncio.sleep(self._settings.poll_seconds)
        kind = ChangeRefused if there else UnexpectedAnswer
        raise kind(f"the run succeeded, but what is deployed {told}: {run.url}")

    def _repository(self) -> GitHubRepository:
        return GitHubRepository(
            self._settings.repository,
            api_url=self._settings.api_url,
            token=self._settings.token,
            seconds=self._settings.request_timeout_seconds,
            max_bytes=_MAX_ANSWER_BYTES,
            table=f"environments.{self._environment}.deployer",
        )
