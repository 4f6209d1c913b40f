"""Whether a compose file uses the variables that are to be changed."""

from steadyhand.clients.deployers.compose_cli import ComposeCli
from steadyhand.clients.deployers.compose_files import may_read_the_env_file
from steadyhand.clients.deployers.draft import draft
from steadyhand.clients.deployers.env_file import EnvFile
from steadyhand.errors import ChangeRefused
from steadyhand.profile import ComposeDeployer

_ANY_OTHER = "steadyhand-asks-whether-this-is-used"


class ComposeUse:
    """Asks compose what it makes of its files with one value and with another. Nothing is changed."""

    def __init__(self, settings: ComposeDeployer, cli: ComposeCli, variables: tuple[str, ...]) -> None:
        self._settings = settings
        self._cli = cli
        self._variables = variables

    async def holds(self, *, before: EnvFile, after: EnvFile) -> bool:
        """True when what differs is used, False when it cannot be told. Raises ChangeRefused where it is not used.

        What `env_file` names is read from the real file, not from a draft, so no draft tells anything of it.
        """
        unused = await self._unused(before, after)
        if not unused:
            return True
        if may_read_the_env_file(self._settings) or not await self._cli.shows_the_service(self._settings.env_file):
            return False
        raise ChangeRefused(f"the compose file {self._settings.file} does not use {', '.join(unused)}")

    async def _unused(self, before: EnvFile, after: EnvFile) -> tuple[str, ...]:
        """Those whose value differs, though it could be any: compose makes the same of its files.

        A value that stands there by default anyway (`${NAME:-false}`) is used, though it changes nothing.
        """
        changed = [name for name in self._variables if before.get(name) != after.get(name)]
        if not changed:
            return ()
        made = await self._made_of(after)
        others = {name: (before.get(name), _ANY_OTHER) for name in changed}
        return tuple([name for name in changed if not await self._matters(name, others[name], after, made)])

    async def _matters(self, name: str, others: tuple[str | None, ...], after: EnvFile, made: str | None) -> bool:
        for other in others:
            if await self._made_of(after.with_values({name: other})) != made:
                return True
        return False

    async def _made_of(self, file: EnvFile) -> str | None:
        content = file.text.encode(errors="surrogateescape")
        with draft(self._settings.env_file, before=content, content=content) as candidate:
            return await self._cli.outcome(candidate.path)
