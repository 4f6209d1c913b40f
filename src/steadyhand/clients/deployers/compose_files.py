"""Which files make a compose project."""

import re
from pathlib import Path

from steadyhand.profile import ComposeDeployer

_FOUND_BY_NAME = frozenset({"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"})
_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_READS_OTHERS = re.compile(r"\b(?:env_file|extends|include)\b")


def files_of(settings: ComposeDeployer) -> tuple[Path, ...]:
    """The compose file, and the override beside it that compose takes by itself as long as it is given no file.

    A file by another name is found by nobody who does not name it, and has none.
    """
    file = settings.file.absolute()
    beside = (file.with_name(name) for name in _OVERRIDES) if file.name in _FOUND_BY_NAME else ()
    override = next((path for path in beside if path.exists()), None)
    return (file, override) if override else (file,)


def may_read_the_env_file(settings: ComposeDeployer) -> bool:
    """Whether one of them could name the env file (`env_file`), itself or by way of a file that it draws in."""
    try:
        return any(_READS_OTHERS.search(path.read_text(errors="replace")) for path in files_of(settings))
    except OSError:
        return True
