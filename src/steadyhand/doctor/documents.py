"""Whether the incident's documents can be written where the profile says (C2). Nothing is written."""

import asyncio
import contextlib
import os
import signal
import tempfile
from functools import partial
from pathlib import Path

from steadyhand.doctor.checkup import Area, Check, Seen, drift, ok, unknown
from steadyhand.errors import ConfigurationError, TransientError
from steadyhand.profile import Profile

_GIT_SECONDS = 10.0
_OUTPUT_BYTES = 100_000


def checks(profile: Profile) -> tuple[Check, ...]:
    """The folder, and the state of the checkout around it."""
    check = partial(Check, area=Area.DOCUMENTS, requirement="C2")
    root = profile.documents_root
    return (
        check(name="root", look=partial(_writable, root)),
        check(name="checkout", look=partial(_clean, root)),
    )


async def _writable(root: Path) -> Seen:
    try:
        there = next(path for path in (root, *root.absolute().parents) if path.exists())
    except PermissionError:
        return drift(f"{root} cannot be reached by us: a directory above it is closed to us")
    except OSError as error:
        raise ConfigurationError(f"cannot look at {root}: {error.strerror}") from error
    if not there.is_dir():
        return drift(f"{there} is no directory, so {root} cannot be one")
    if not os.access(there, os.W_OK | os.X_OK):
        return drift(f"{there} cannot be written by us")
    return ok(f"{root} is there and can be written" if there == root else f"{root} can be made in {there}")


async def _clean(root: Path) -> Seen:
    """A checkout with somebody's half-done work in it is no place to write into at 3 a.m."""
    try:
        if not root.is_dir():
            return ok(f"{root} is not there yet: it will be a plain folder")
    except OSError as error:
        raise ConfigurationError(f"cannot look at {root}: {error.strerror}") from error
    code, said = await _git(root, "rev-parse", "--is-inside-work-tree")
    if code != 0 or said.strip() != "true":
        return ok(f"{root} is a plain folder")
    code, said = await _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".")
    if code != 0:
        return unknown(f"git could not tell the state of {root}: {said}")
    changed = said.splitlines()
    if changed:
        return drift(
            f"{len(changed)} files of the checkout {root} have changes that are not committed, {changed[0][3:]}"
        )
    return ok(f"{root} is a checkout without open changes")


async def _git(root: Path, *arguments: str) -> tuple[int, str]:
    """Exit code, and what it said first. Without optional locks, so that not even the index is refreshed."""
    command = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(root), *arguments)
    with tempfile.TemporaryFile() as output:
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except FileNotFoundError:
            return 1, "git is not installed"
        except OSError as error:
            raise ConfigurationError(f"git could not be started: {error.strerror}") from error
        try:
            async with asyncio.timeout(_GIT_SECONDS):
                code = await process.wait()
        except TimeoutError as error:
            raise TransientError(f"git told nothing of {root} within {_GIT_SECONDS:g} s") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        output.seek(0)
        return code, output.read(_OUTPUT_BYTES).decode(errors="replace")
