"""One process under our care, and the group of them."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from steadyhand.errors import ConfigurationError, TransientError

_PR_SET_PDEATHSIG = 1
_LAST_WORDS_LINES = 15
_READY_POLL_SECONDS = 0.1
_RESTART_SECONDS = 1.0
_STOP_SECONDS = 10.0

Ready = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True)
class Service:
    """How to run one process. `ready` is polled until true; `user` is who it runs as, when we are root."""

    name: str
    command: Sequence[str]
    log: Path
    ready: Ready
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_seconds: float = 60.0


def _die_with_parent() -> None:
    """Runs in the child between fork and exec: a killed supervisor leaves no service behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Group:
    """Services that live and die together. Leaving the block stops them in reverse order, with all their children."""

    def __init__(self, *, restart: bool, report: Callable[[str], None]) -> None:
        self._restart = restart
        self._report = report
        self._running: list[tuple[Service, asyncio.subprocess.Process]] = []
        self._watchers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Group":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, service: Service) -> None:
        """The service runs and is ready.

        Raises ConfigurationError with its last words when it ends before that, TransientError when it takes too long.
        """
        process = await self._spawn(service)
        self._running.append((service, process))
        try:
            async with asyncio.timeout(service.ready_seconds):
                while not await service.ready():
                    if process.returncode is not None:
                        raise ConfigurationError(
                            f"{service.name} ended with exit code {process.returncode} before it was ready; "
                            f"its last words ({service.log}):\n{last_words(service.log)}"
                        )
                    await asyncio.sleep(_READY_POLL_SECONDS)
        except TimeoutError as error:
            raise TransientError(
                f"{service.name} was not ready within {service.ready_seconds:.0f} s; see {service.log}:\n"
                f"{last_words(service.log)}"
            ) from error
        if self._restart:
            self._watchers.append(asyncio.create_task(self._watch(service, process)))

    def pids(self) -> dict[str, int]:
        """Process id by service name."""
        return {service.name: process.pid for service, process in self._running}

    async def stop(self) -> None:
        """No service and no child of one is left."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        while self._running:
            service, process = self._running.pop()
            await _stop(service, process)

    async def _spawn(self, service: Service) -> asyncio.subprocess.Process:
        with service.log.open("ab") as log:
            try:
                return await asyncio.create_subprocess_exec(
                    *service.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **service.environment},
                    cwd=service.directory,
                    user=service.user,
                    group=service.user,
                    extra_groups=[] if service.user else None,
                    start_new_session=True,
                    preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                )
            except OSError as error:
                raise ConfigurationError(f"{service.name}: cannot start {service.command[0]!r}: {error}") from error

    async def _watch(self, service: Service, process: asyncio.subprocess.Process) -> None:
        while True:
            code = await process.wait()
            self._report(f"{service.name} ended with exit code {code}; starting it again (log: {service.log})")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what it left behind
            await asyncio.sleep(_RESTART_SECONDS)
            self._running = [(s, p) for s, p in self._running if p is not process]
            process = await self._spawn(service)
            self._running.append((service, process))


async def _stop(service: Service, process: asyncio.subprocess.Process) -> None:
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(service.stop_signal)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for child in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    await process.wait()


def last_words(log: Path, lines: int = _LAST_WORDS_LINES) -> str:
    """The end of a log, for an error message; empty when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
