"""The machine that a target runs on: one process of `service.py` at a time, and what is known of it, on disk.

Standard library only: the programs that stand for `docker` and for a platform team's scripts use it. As a program it is
the machine's daemon: what it has begun it finishes, though whoever asked for it is killed.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVICE = Path(__file__).parent / "service.py"
STOP_SECONDS = 5.0


class Machine:
    """`root` holds `machine.json`, the service's output, the words it shall die with, and `away` when it is gone."""

    def __init__(self, root: Path, port: int) -> None:
        self.root = root
        self.port = port
        self.log = root / "service.log"
        self.words = root / "words"
        self.away = root / "away"
        self._known = root / "machine.json"

    def known(self) -> dict[str, Any]:
        """What was put there last; `rollouts` counts how often."""
        try:
            found: dict[str, Any] = json.loads(self._known.read_text())
        except FileNotFoundError:
            return {"rollouts": -1, "pid": None, "environment": None}
        return found

    @contextmanager
    def alone(self) -> Iterator[int]:
        """One at a time; a daemon that inherits this lock goes on holding it."""
        with (self.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock.fileno()

    def runs(self) -> bool:
        """Whether the service is alive."""
        try:
            state = Path(f"/proc/{self.known()['pid']}/stat").read_text().rpartition(") ")[2][0]
        except FileNotFoundError:
            return False
        return state != "Z"

    def put(self, environment: dict[str, str]) -> None:
        """The service runs with this environment, and nothing was done if it did already."""
        with self.alone() as lock:
            subprocess.run(
                [sys.executable, "-I", "-S", __file__, str(self.root), str(self.port)],
                input=json.dumps(environment).encode(),
                pass_fds=(lock,),
                start_new_session=True,
                check=True,
            )

    def start(self, environment: dict[str, str]) -> None:
        """What the daemon does about it."""
        known = self.known()
        if known["environment"] == environment and self.runs():
            return
        self.stop()
        with self.log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(SERVICE), str(self.port), str(self.words)],
                env={"PATH": os.environ["PATH"], **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        draft = self._known.with_suffix(".draft")
        rollouts = known["rollouts"] + 1
        draft.write_text(json.dumps({"rollouts": rollouts, "pid": process.pid, "environment": environment}))
        draft.replace(self._known)

    def stop(self) -> None:
        """Nothing runs."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.runs():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.known()["pid"], signal.SIGKILL)
            if time.monotonic() > deadline:
                raise TimeoutError("the service does not stop")
            time.sleep(0.01)


if __name__ == "__main__":
    Machine(Path(sys.argv[1]), int(sys.argv[2])).start(json.load(sys.stdin))
