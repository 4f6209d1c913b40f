"""Plays systemd for one site: `python -m steadyhand.rehearsal.host --site DIR`.

One orchestrator runs with the desired release and environment. A new nonce replaces it; a crash is followed by a new
start after `BACKOFF_SECONDS`. SIGTERM or SIGINT stop both. The orchestrator never outlives its host, not even after
a SIGKILL.
"""

import argparse
import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO

from .errors import RehearsalError, SiteError
from .process import OrchestratorProcess
from .site import Site
from .state import Actual, Desired

POLL_SECONDS = 0.1
BACKOFF_SECONDS = 1.0
EXIT_CANNOT_START = 127


class Host:
    """Converges what runs on what is desired, one `step` at a time. Single-threaded: the leash is bound to a thread."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._process: OrchestratorProcess | None = None
        self._desired: Desired | None = None
        self._actual: Actual | None = None
        self._retry_at = 0.0

    def step(self) -> None:
        """Look once, and do what is due."""
        desired = self._wanted()
        if desired is None:
            return
        if self._desired is None or desired.nonce != self._desired.nonce:
            self._end()
            self._desired = desired
            self._start(desired, restarts=0)
        elif self._process is not None:
            self._watch(self._process)
        elif self._actual is not None and time.monotonic() >= self._retry_at:
            self._start(desired, restarts=self._actual.restarts + 1)

    def stop(self) -> None:
        """Nothing runs any more, and `actual.json` says so."""
        code = self._end()
        if self._actual is not None and code is not None:
            self._report(self._actual.model_copy(update={"state": "exited", "pid": None, "exit_code": code}))

    def _wanted(self) -> Desired | None:
        try:
            return self._site.desired()
        except SiteError as error:
            sys.stderr.write(f"host: {error}; keeping what runs\n")
            return self._desired

    def _start(self, desired: Desired, *, restarts: int) -> None:
        actual = Actual(
            nonce=desired.nonce,
            release=desired.release,
            environment=desired.environment,
            pid=None,
            state="starting",
            restarts=restarts,
        )
        try:
            self._process = OrchestratorProcess(self._site, desired)
        except OSError as error:
            sys.stderr.write(f"host: cannot start release {desired.release}: {error}\n")
            self._lost(actual, EXIT_CANNOT_START)
            return
        self._report(actual.model_copy(update={"pid": self._process.pid}))

    def _watch(self, process: OrchestratorProcess) -> None:
        assert self._actual is not None
        code = process.exit_code()
        if code is not None:
            self._process = None
            self._lost(self._actual, code)
        elif self._actual.state == "starting" and process.accepts_connections():
            self._report(self._actual.model_copy(update={"state": "running"}))

    def _lost(self, actual: Actual, code: int) -> None:
        self._retry_at = time.monotonic() + BACKOFF_SECONDS
        self._report(actual.model_copy(update={"state": "exited", "pid": None, "exit_code": code}))

    def _end(self) -> int | None:
        process, self._process = self._process, None
        return process.stop() if process is not None else None

    def _report(self, actual: Actual) -> None:
        self._actual = actual
        self._site.report(actual)


def run(site: Site, *, with_parent: bool) -> None:
    """Host the site until SIGTERM or SIGINT, or (`with_parent`) until the parent process is gone."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    parent = os.getppid()
    host = Host(site)
    try:
        while not stopping and not (with_parent and os.getppid() != parent):
            host.step()
            time.sleep(POLL_SECONDS)
    finally:
        host.stop()


def take(site: Site) -> IO[str]:
    """The lock that makes this process the only host of the site; raises `SiteError` where there is another."""
    lock = (site.root / ".host.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise SiteError(f"another host looks after {site.root}") from error
    return lock


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 where the site cannot be hosted."""
    parser = argparse.ArgumentParser(prog="python -m steadyhand.rehearsal.host", description=__doc__)
    parser.add_argument("--site", type=Path, required=True, help="directory of the site")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this is gone")
    given = parser.parse_args(arguments)
    try:
        site = Site.open(given.site)
        with take(site):
            run(site, with_parent=given.with_parent)
    except RehearsalError as error:
        sys.stderr.write(f"host: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
