"""The compose program, old or new."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from steadyhand.clients.deployers.compose_files import files_of
from steadyhand.clients.deployers.env_file import EnvFile
from steadyhand.clients.deployers.mask import Mask
from steadyhand.clients.deployers.program import LAST_WORDS, Ended, run
from steadyhand.errors import ConfigurationError, TransientError
from steadyhand.profile import ComposeDeployer

_LINES = 50
_ANSWER_SECONDS = 60.0


class ComposeCli:
    """What compose is asked: only questions that `docker compose` and docker-compose 1 both answer.

    `ps --format json`, say, is unknown to the old one; `ps --services --filter status=...` is understood by both.
    The variables of the env file are taken out of our own environment: compose would let that win.
    What compose complains of, and the service's log, may quote the env file: its other values are masked.
    """

    def __init__(self, settings: ComposeDeployer, variables: Iterable[str]) -> None:
        self._settings = settings
        self._ours = frozenset(variables)
        self._environment = {name: value for name, value in os.environ.items() if name not in self._ours}

    async def complaint(self, env_file: Path) -> str:
        """What compose has against the file with this env file; empty when nothing."""
        ended = await self._run("config", "--quiet", env_file=env_file)
        return "" if ended.code == 0 else ended.complaint or f"`config` exited {ended.code} without a word"

    async def outcome(self, env_file: Path) -> str | None:
        """A digest of all that compose makes of the file with this env file, or None where it refuses it."""
        ended = await self._run("config", env_file=env_file)
        return hashlib.sha256(ended.said.encode()).hexdigest() if ended.code == 0 else None

    async def shows_the_service(self, env_file: Path) -> bool:
        """Whether the service is in what compose makes of the file; one with a profile may be left out."""
        ended = await self._run("config", "--services", env_file=env_file)
        return ended.code == 0 and self._settings.service in ended.said.split()

    async def has(self, status: str) -> bool:
        """Whether the service has a container in this status. Raises TransientError when no engine answers."""
        ended = await self._run("ps", "--services", "--filter", f"status={status}")
        if ended.code != 0:
            raise TransientError(f"`{self._settings.command[0]} ... ps` exited {ended.code}: {ended.complaint}")
        return self._settings.service in ended.said.split()

    async def up(self, seconds: float) -> Ended:
        """The service's container is made again if its configuration changed, and started if it does not run.

        What it depends on stays as it is, though its configuration may have changed, too.
        """
        return await self._run("up", "-d", "--no-deps", self._settings.service, seconds=seconds)

    async def last_words(self) -> str:
        """The end of what the service said, bounded."""
        try:
            ended = await self._run("logs", "--no-color", "--tail", str(_LINES), self._settings.service)
        except (TransientError, ConfigurationError) as error:
            return f"(its logs cannot be read: {error})"
        said = self._mask(self._settings.env_file)(ended.said).strip()
        return "\n".join(text for text in (said, ended.complaint) if text)[-LAST_WORDS:]

    async def _run(self, *arguments: str, env_file: Path | None = None, seconds: float | None = None) -> Ended:
        settings = self._settings
        values = env_file or settings.env_file
        project = ("-p", settings.project) if settings.project else ()
        files = (option for file in files_of(settings) for option in ("-f", str(file)))
        limit = seconds or min(_ANSWER_SECONDS, settings.timeout_seconds)
        command = (*settings.command, *files, "--env-file", str(values.absolute()), *project, *arguments)
        return await run(command, seconds=limit, environment=self._environment, masked=self._mask(values))

    def _mask(self, env_file: Path) -> Mask:
        try:
            text = env_file.read_bytes().decode(errors="replace")
        except OSError:
            return Mask(())
        return Mask(EnvFile(text).values_besides(self._ours))
