"""What changes the orchestrator: one contract, kinds behind it. Nothing else in Steadyhand changes a target."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.errors import ChangeRefused, ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.profile import CommandDeployer, EnvironmentProfile

_OUTPUT_BYTES = 1_000_000
_LAST_WORDS = 2000


class Deployer(Protocol):
    """Reads and converges what is deployed in one environment."""

    async def state(self) -> Deployment:
        """What is deployed now. Raises TransientError or UnexpectedAnswer when it cannot be read."""

    async def apply(self, desired: DesiredDeployment) -> None:
        """The desired state is deployed and serves; asking again for what is there changes nothing.

        Raises ChangeRefused, with the target's last words, when it does not serve in time. It puts nothing back.
        """


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
        code, said, complaint = await self._run(self._settings.state, b"")
        if code != 0:
            raise TransientError(f"`{self._settings.state[0]} ...` (deployer.state) exited {code}: {complaint}")
        try:
            return Deployment(**_WireState.model_validate_json(said).model_dump())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise UnexpectedAnswer(
                f"deployer.state did not print what is documented ({first['loc']}: {first['msg']}): {said[:200]!r}"
            ) from error

    async def apply(self, desired: DesiredDeployment) -> None:
        """See Deployer."""
        try:
            code, _, complaint = await self._run(self._settings.apply, desired.model_dump_json().encode())
        except TransientError as error:
            raise ChangeRefused(str(error)) from error
        if code != 0:
            raise ChangeRefused(f"deployer.apply exited {code}", last_words=complaint)

    async def _run(self, command: Sequence[str], stdin: bytes) -> tuple[int, str, str]:
        """(exit code, what it printed, what it complained of).

        Output goes to files, not pipes: the end of a pipe comes only when a service that the program started and left
        running closes it, too. Only a program that is not done in time is killed, with its process group.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            try:
                process = await asyncio.create_subprocess_exec(
                    *command, stdin=given, stdout=out, stderr=err, start_new_session=True
                )
            except OSError as error:
                raise ConfigurationError(f"the deployer's program {command[0]!r} cannot be started: {error}") from error
            try:
                await asyncio.wait_for(process.wait(), self._settings.timeout_seconds)
            except (TimeoutError, asyncio.CancelledError) as error:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
                if isinstance(error, asyncio.CancelledError):
                    raise
                raise TransientError(
                    f"`{command[0]} ...` was still running after {self._settings.timeout_seconds:g} s and was killed"
                ) from error
            out.seek(0)
            said = out.read(_OUTPUT_BYTES).decode(errors="replace")
            err.seek(max(0, err.seek(0, os.SEEK_END) - _LAST_WORDS))
            return process.returncode or 0, said, err.read().decode(errors="replace").strip()


class DryRun:
    """A deployer that changes nothing and from then on pretends: what it was asked for is in `asked`."""

    def __init__(self, real: Deployer) -> None:
        self._real = real
        self.asked: list[DesiredDeployment] = []

    async def state(self) -> Deployment:
        """The real state, under what was asked for last."""
        real = await self._real.state()
        return real.model_copy(update=dict(self.asked[-1])) if self.asked else real

    async def apply(self, desired: DesiredDeployment) -> None:
        """Nothing has changed."""
        self.asked.append(desired)


def deployer_of(environment: EnvironmentProfile) -> Deployer:
    """The deployer of this environment. Raises ConfigurationError when the profile has none."""
    if environment.deployer is None:
        raise ConfigurationError("the profile has no deployer for this environment: [environments.<name>.deployer]")
    return CommandRunner(environment.deployer)
