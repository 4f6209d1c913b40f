"""Deploying by programs of the platform team's."""

from pydantic import BaseModel, ConfigDict, ValidationError

from steadyhand.clients.deployers.program import run
from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.errors import ChangeRefused, TransientError, UnexpectedAnswer
from steadyhand.profile import CommandDeployer


class _WireState(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    release: str
    environment: dict[str, str]
    healthy: bool
    commit: str = ""
    known_good_releases: tuple[str, ...] = ()


class CommandRunner:
    """A deployer of kind `command`: two programs of the platform team's."""

    def __init__(self, settings: CommandDeployer) -> None:
        self._settings = settings

    async def state(self) -> Deployment:
        """See Deployer."""
        program = self._settings.state
        ended = await run(program, seconds=self._settings.timeout_seconds)
        if ended.code != 0:
            raise TransientError(f"`{program[0]} ...` (deployer.state) exited {ended.code}: {ended.complaint}")
        try:
            return Deployment(**_WireState.model_validate_json(ended.said).model_dump())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise UnexpectedAnswer(
                f"deployer.state did not print what is documented ({first['loc']}: {first['msg']}): "
                f"{ended.said[:200]!r}"
            ) from error

    async def apply(self, desired: DesiredDeployment) -> None:
        """See Deployer."""
        asked = desired.model_dump_json().encode()
        try:
            ended = await run(self._settings.apply, seconds=self._settings.timeout_seconds, stdin=asked)
        except TransientError as error:
            raise ChangeRefused(str(error)) from error
        if ended.code != 0:
            raise ChangeRefused(f"deployer.apply exited {ended.code}", last_words=ended.complaint)

    async def check(self, desired: DesiredDeployment) -> bool:
        """See Deployer."""
        if not self._settings.check:
            return False
        asked = desired.model_dump_json().encode()
        ended = await run(self._settings.check, seconds=self._settings.timeout_seconds, stdin=asked)
        if ended.code != 0:
            raise ChangeRefused(f"deployer.check exited {ended.code}", last_words=ended.complaint)
        return True
