"""Deploying by programs of the platform team's."""

from pydantic import BaseModel, ConfigDict, ValidationError

from steadyhand.clients.deployers.program import run
from steadyhand.domain.deployment import Deployment, DesiredDeployment, other_than
from steadyhand.errors import ChangeRefused, TransientError, UnexpectedAnswer
from steadyhand.profile import CommandDeployer

_PLACE = 100


class _WireState(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    release: str
    environment: dict[str, str]
    healthy: bool
    commit: str = ""
    known_good_releases: tuple[str, ...] = ()


class CommandRunner:
    """A deployer of kind `command`: two programs of the platform team's.

    Of the variables that `state` prints only the managed ones are read, of others the names: they may be secrets.
    """

    def __init__(self, settings: CommandDeployer, *, managed: tuple[str, ...]) -> None:
        self._settings = settings
        self._managed = managed

    async def state(self) -> Deployment:
        """See Deployer. No message quotes what the program printed, for that may hold the target's secrets."""
        program = self._settings.state
        ended = await run(program, seconds=self._settings.timeout_seconds)
        if ended.code != 0:
            raise TransientError(f"`{program[0]} ...` (deployer.state) exited {ended.code}: {ended.complaint}")
        try:
            said = _WireState.model_validate_json(ended.said)
            environment = {name: value for name, value in said.environment.items() if name in self._managed}
            others = other_than(self._managed, said.environment)
            return Deployment(**{**said.model_dump(), "environment": environment, "other_variables": others})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "its output"
            raise UnexpectedAnswer(
                f"deployer.state did not print what is documented: {place[:_PLACE]}: {first['msg']}"
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
