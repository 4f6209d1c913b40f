"""Deploying by programs of the platform team's."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, ValidationError

from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.errors import ChangeRefused, ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.profile import CommandDeployer

_OUTPUT_BYTES = 1_000_000
_LAST_WORDS = 2000


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

    async def check(self, desired: DesiredDeployment) -> bool:
        """See Deployer."""
        if not self._settings.check:
            return False
        code, _, complaint = await self._run(self._settings.check, desired.model_dump_json().encode())
        if code != 0:
            raise ChangeRefused(f"deployer.check exited {code}", last_words=complaint)
        return True

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
