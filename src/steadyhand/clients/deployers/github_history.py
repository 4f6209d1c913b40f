"""What GitHub's deployments of one environment say is deployed."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from steadyhand.clients.github import GitHubDeployment, GitHubRepository
from steadyhand.clients.health_check import HealthCheck
from steadyhand.domain.deployment import Deployment, DesiredDeployment, other_than
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import GitHubDeployer

_KNOWN_GOOD = 3
_READINGS = 3
_SUCCESS = "success"
_INACTIVE = "inactive"


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore")

    release: str = Field(min_length=1, max_length=200)
    environment: dict[str, str]


@dataclass(frozen=True)
class Standing:
    """What is deployed, and the id of the deployment that says so: GitHub's newest that succeeded."""

    deployment: Deployment
    id: int

    def serves(self, desired: DesiredDeployment) -> bool:
        """Nothing is to be done."""
        return self.deployment.healthy and self.deployment.desired == desired


class GitHubHistory:
    """Reads the deployments of one environment. `managed` are the variables that are ours to see and change."""

    def __init__(
        self,
        settings: GitHubDeployer,
        *,
        environment: str,
        managed: tuple[str, ...],
        health_url: str | None,
        healthy: tuple[str, ...],
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._managed = managed
        self._health = None if health_url is None else HealthCheck(url=health_url, healthy=healthy)

    async def read(self, github: GitHubRepository) -> Standing:
        """The newest deployment whose latest status is success. Raises UnexpectedAnswer when it is not ours to read.

        It is healthy unless a newer one is under way or has failed, or the orchestrator's health is not ok. An earlier
        one counts as known good if it ever succeeded: GitHub calls it inactive once another took its place.
        """
        for _ in range(_READINGS):
            newest_first = iter(await github.deployments(self._environment))
            current, settled = await self._current(github, newest_first)
            if current is not None:
                break
        else:
            raise UnexpectedAnswer(
                f"{self._settings.repository} has no deployment of the environment {self._environment!r} that stands "
                "as a success, so what is deployed is not known"
            )
        payload = _payload(current)
        if payload is None:
            raise UnexpectedAnswer(
                f"what is deployed is not known: the newest successful deployment of {self._environment!r} in "
                f"{self._settings.repository}, deployment {current.id} ({current.ref[:50]}, {current.sha[:12]}), "
                'has no payload {"release", "environment"}; did something else than '
                f"{self._settings.workflow} make it?"
            )
        known_good = self._settings.known_good_releases or await self._earlier(github, newest_first, payload.release)
        healthy = settled and await self._healthy()
        deployed = Deployment(
            release=payload.release,
            environment={name: value for name, value in payload.environment.items() if name in self._managed},
            healthy=healthy,
            commit=current.sha,
            known_good_releases=known_good,
            other_variables=other_than(self._managed, payload.environment),
        )
        return Standing(deployed, current.id)

    async def _current(
        self, github: GitHubRepository, newest_first: Iterator[GitHubDeployment]
    ) -> tuple[GitHubDeployment | None, bool]:
        """The deployment, and whether none newer is under way or has failed.

        None where one took another's place between two questions: the new one had not succeeded yet, or was not listed,
        and the old one was inactive already. Another reading shows it.
        """
        settled = True
        for one in newest_first:
            latest = (await github.states(one.id))[:1]
            if latest == (_SUCCESS,):
                return one, settled
            settled = settled and latest == (_INACTIVE,)
        return None, settled

    async def _earlier(
        self, github: GitHubRepository, newest_first: Iterator[GitHubDeployment], current: str
    ) -> tuple[str, ...]:
        """A few other releases that were deployed before; those without our payload name none."""
        found: dict[str, None] = {}
        for one in newest_first:
            earlier = _payload(one)
            if earlier is None or earlier.release in {current, *found}:
                continue
            if _SUCCESS in await github.states(one.id):
                found[earlier.release] = None
            if len(found) == _KNOWN_GOOD:
                break
        return tuple(found)

    async def _healthy(self) -> bool:
        seconds = self._settings.request_timeout_seconds
        return self._health is None or await self._health.passed(seconds) is not None


def _payload(one: GitHubDeployment) -> _Payload | None:
    """Its payload, if it is ours. Its ref would be no release: a branch, and other code by the next time."""
    try:
        if isinstance(one.payload, str):
            return _Payload.model_validate_json(one.payload)
        return _Payload.model_validate(one.payload)
    except ValidationError:
        return None
