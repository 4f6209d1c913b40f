"""A secret in a file of its own, for its owner only."""

import os
import stat
import tempfile
from pathlib import Path

from steadyhand.errors import ConfigurationError


def write_secret(path: Path, text: str, *, replace: bool = False) -> None:
    """The file holds all of the text, or is as it was: there is no moment with half of it.

    A new file is readable by its owner only; a replaced one keeps its owner and mode, for who read it must go on to.
    Raises ConfigurationError when it is there already and may not be replaced, and when it cannot be written.
    """
    target = path.resolve() if replace else path
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            if replace and target.exists():
                former = target.stat()
                os.chown(temporary, former.st_uid, former.st_gid)
                temporary.chmod(stat.S_IMODE(former.st_mode))
            # A link is refused where a file is, and a replacement leaves no moment without one.
            temporary.replace(target) if replace else os.link(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError as error:
        raise ConfigurationError(f"{path} is there already; --force replaces it") from error
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
