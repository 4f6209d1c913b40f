"""Running a program of the platform team's: in time, its output bounded, and nothing of it left behind."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from steadyhand.errors import ConfigurationError, TransientError

LAST_WORDS = 2000
_OUTPUT_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A program that came to its end: `said` is the start of its output, `complaint` the end of its error output."""

    code: int
    said: str
    complaint: str


async def run(
    command: Sequence[str],
    *,
    seconds: float,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    masked: Callable[[str], str] = str,
) -> Ended:
    """How the program ended, whatever its exit code. `masked` sees its error output before that is cut.

    Output goes to files, not pipes: the end of a pipe comes only when a service that the program started and left
    running closes it, too. Only a program that is not done in time is killed, with its process group.

    Raises ConfigurationError when it cannot be started, TransientError when it was killed after `seconds`.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=given, stdout=out, stderr=err, env=environment, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"the deployer's program {command[0]!r} cannot be started: {error}") from error
        await _wait(process, seconds, command[0])
        out.seek(0)
        said = out.read(_OUTPUT_BYTES).decode(errors="replace")
        err.seek(max(0, err.seek(0, os.SEEK_END) - _OUTPUT_BYTES))
        complaint = masked(err.read().decode(errors="replace")).strip()[-LAST_WORDS:]
        return Ended(code=process.returncode or 0, said=said, complaint=complaint)


async def _wait(process: asyncio.subprocess.Process, seconds: float, name: str) -> None:
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except (TimeoutError, asyncio.CancelledError) as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
        raise TransientError(f"`{name} ...` was still running after {seconds:g} s and was killed") from error
