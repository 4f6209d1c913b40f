"""Deploying with compose."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from steadyhand.clients.deployers.compose_cli import ComposeCli
from steadyhand.clients.deployers.compose_use import ComposeUse
from steadyhand.clients.deployers.draft import draft
from steadyhand.clients.deployers.env_file import EnvFile
from steadyhand.clients.deployers.note import Note
from steadyhand.clients.health_check import HealthCheck
from steadyhand.domain.deployment import Deployment, DesiredDeployment, other_than
from steadyhand.errors import ChangeRefused, ConfigurationError, TransientError
from steadyhand.profile import HEALTHY, ComposeDeployer

_HEALTH_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.5
_RESTARTS_SEEN = 3


class ComposeProject:
    """A deployer of kind `compose`: an env file, and `up -d`.

    The env file says what is wanted; what runs was started from it at some time, and no question that both composes
    answer tells from which content (`config --hash` differs from the container's label in many versions). So `apply`
    leaves a note beside the env file of the content it is about to bring up, and takes it away only once that serves.
    While the note fits, `state` does not call the service healthy: killed in between, what runs may be of the former
    content. Whether it is, `apply` need not know, for `up -d` converges.
    """

    def __init__(
        self,
        settings: ComposeDeployer,
        *,
        managed: tuple[str, ...],
        health_url: str,
        healthy: tuple[str, ...] = HEALTHY,
    ) -> None:
        self._settings = settings
        self._managed = managed
        self._health = HealthCheck(url=health_url, healthy=healthy)
        ours = (settings.release_variable, *managed)
        self._cli = ComposeCli(settings, ours)
        self._use = ComposeUse(settings, self._cli, ours)
        self._note = Note(settings.env_file)

    async def state(self) -> Deployment:
        """See Deployer. `commit` is what the service's health says, where it does."""
        content = self._content()
        file = EnvFile(_text(content))
        release, environment = self._read(file)
        health = await self._health.passed(_HEALTH_SECONDS) if await self._cli.has("running") else None
        return Deployment(
            release=release,
            environment=environment,
            healthy=health is not None and not self._note.fits(content),
            commit=health.commit if health else "",
            known_good_releases=tuple(dict.fromkeys(self._known_good())),
            other_variables=other_than((self._settings.release_variable, *self._managed), file.names),
        )

    async def apply(self, desired: DesiredDeployment) -> None:
        """See Deployer. `up -d` is asked for each time: it changes nothing where nothing is to be changed."""
        deadline = time.monotonic() + self._settings.timeout_seconds
        before = self._content()
        after = self._edited(before, desired)
        try:
            await self._cli.has("running")  # without an engine, nothing is written
            await self._write(before, after)
            brought_up = await self._cli.up(max(1.0, deadline - time.monotonic()))
            if brought_up.code != 0:
                raise ChangeRefused(f"`up -d` exited {brought_up.code}", last_words=brought_up.complaint)
            await self._wait_until_serving(deadline)
        except TransientError as error:
            raise ChangeRefused(str(error)) from error
        self._note.remove()

    async def check(self, desired: DesiredDeployment) -> bool:
        """See Deployer: whether compose accepts its file with this state in the env file, and uses what is changed."""
        before = self._content()
        after = self._edited(before, desired)
        with draft(self._settings.env_file, before=before, content=after) as candidate:
            await self._must_accept(candidate.path)
            return await self._uses(before, after)

    async def _write(self, before: bytes, after: bytes) -> None:
        with draft(self._settings.env_file, before=before, content=after) as candidate:
            await self._must_accept(candidate.path)
            await self._uses(before, after)
            self._note.leave(after)
            if after != before:
                candidate.take_its_place()

    async def _must_accept(self, env_file: Path) -> None:
        if complaint := await self._cli.complaint(env_file):
            raise ChangeRefused(f"compose refuses {self._settings.file} with these values", last_words=complaint)

    async def _uses(self, before: bytes, after: bytes) -> bool:
        return await self._use.holds(before=EnvFile(_text(before)), after=EnvFile(_text(after)))

    async def _wait_until_serving(self, deadline: float) -> None:
        restarts = 0
        while True:
            running, restarting = await self._cli.has("running"), await self._cli.has("restarting")
            restarts += restarting
            if running and not restarting and await self._health.passed(_HEALTH_SECONDS) is not None:
                return
            if restarts >= _RESTARTS_SEEN or not (running or restarting):
                raise ChangeRefused("the container does not stay up", last_words=await self._cli.last_words())
            if time.monotonic() >= deadline:
                told = f"not healthy after {self._settings.timeout_seconds:g} s"
                raise ChangeRefused(told, last_words=await self._cli.last_words())
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _content(self) -> bytes:
        try:
            return self._settings.env_file.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"cannot read the env file {self._settings.env_file}: {error.strerror}") from error

    def _read(self, file: EnvFile) -> tuple[str, dict[str, str]]:
        release = file.get(self._settings.release_variable)
        if not release:
            name = self._settings.release_variable
            raise ConfigurationError(f"the env file {self._settings.env_file} does not set {name}")
        values = {name: file.get(name) for name in self._managed}
        return release, {name: value for name, value in values.items() if value is not None}

    def _edited(self, content: bytes, desired: DesiredDeployment) -> bytes:
        if unknown := sorted(set(desired.environment) - set(self._managed)):
            raise ChangeRefused(f"these variables are none that we manage: {', '.join(unknown)}")
        wanted: dict[str, str | None] = {name: desired.environment.get(name) for name in self._managed}
        edited = EnvFile(_text(content)).with_values({self._settings.release_variable: desired.release, **wanted})
        return edited.text.encode(errors="surrogateescape")

    def _known_good(self) -> Iterator[str]:
        if path := self._settings.known_good_file:
            try:
                lines = path.read_text().splitlines()
            except (OSError, UnicodeError) as error:
                raise ConfigurationError(f"cannot read the known good releases in {path}: {error}") from error
            yield from (line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
        yield from self._settings.known_good_releases


def _text(content: bytes) -> str:
    return content.decode(errors="surrogateescape")
