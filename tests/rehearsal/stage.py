"""A site with its host and its traffic, all of them real processes on a free loopback port."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil

from steadyhand.rehearsal.site import Site

TOKEN = "rehearsal-token"
DEADLINE = 20.0


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = DEADLINE) -> None:
    """Return as soon as the condition holds; fail the test when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def run_suite(release: Path, arguments: list[str], copy: Path, environ: Mapping[str, str]) -> tuple[int, str, float]:
    """Exit code, output and seconds of a suite in a copy of a release."""
    shutil.copytree(release, copy)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=copy,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, time.monotonic() - began


class Stage:
    """What a test needs of one site. `close` leaves no process behind."""

    def __init__(self, root: Path) -> None:
        self.site = Site.create(root / "site", port=free_port(), service_token=TOKEN)
        self.client = httpx.Client(base_url=self.site.url, timeout=2.0, trust_env=False)
        self._root = root
        self._copies = 0
        self._processes: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        self.client.close()
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(10)

    def module(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", f"steadyhand.rehearsal.{name}", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process

    def start_host(self) -> subprocess.Popen[bytes]:
        return self.module("host", "--site", str(self.site.root), "--with-parent")

    def start_traffic(self, rate: float = 8) -> None:
        self.module("traffic", "--url", self.site.url, "--rate", str(rate))

    def up(self) -> "Stage":
        self.start_host()
        wait_until(self.healthy, "the orchestrator is healthy")
        return self

    def healthy(self) -> bool:
        try:
            return self.client.get("/api/v1/health").status_code == 200
        except httpx.HTTPError:
            return False

    def deployer(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "steadyhand.rehearsal.deployer", "--site", str(self.site.root), *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)

    def state(self) -> dict[str, Any]:
        done = self.deployer("state")
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def apply(self, release: str | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
        """Apply the present state with these changes; `PLANNING` and `SCHEDULING` stand for the two variables."""
        now = self.site.desired()
        names = {"PLANNING": "PLANNING__ENABLED", "SCHEDULING": "SCHEDULING__BACKEND"}
        environment = now.environment | {names[name]: value for name, value in changes.items()}
        return self.deployer("apply", stdin=json.dumps({"release": release or now.release, "environment": environment}))

    def pid(self) -> int:
        actual = self.site.actual()
        assert actual is not None
        assert actual.pid is not None
        return actual.pid

    def queue(self) -> dict[str, Any]:
        document: dict[str, Any] = self.client.get("/api/v1/diagnostics/task_queue").raise_for_status().json()
        return document

    def metric(self, name: str, label: str = "") -> float:
        """Sum of a metric's series, of those with this label where one is given."""
        text = self.client.get("/metrics").raise_for_status().text
        lines = [line for line in text.splitlines() if line.startswith((f"{name}{{", f"{name} ")) and label in line]
        assert lines, f"no series {name} {label}"
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def task(self, goal: str) -> dict[str, Any]:
        """A task from its submission to its end."""
        task_id = self.client.post("/api/v1/tasks", json={"goal": goal}).raise_for_status().json()["task_id"]
        found: list[dict[str, Any]] = []

        def finished() -> bool:
            found[:] = [self.client.get(f"/api/v1/tasks/{task_id}").raise_for_status().json()]
            return found[0]["status"] in ("succeeded", "failed")

        wait_until(finished, f"task {task_id} is finished")
        return found[0]

    def suite(self, version: str, *arguments: str) -> tuple[int, str, float]:
        """A suite of this release, in a copy, with the environment and the faults of the site."""
        self._copies += 1
        environ = self.site.desired().environment | {"ORCHESTRATOR__FAULTS_FILE": str(self.site.faults_file)}
        release = self.site.releases_dir / version
        return run_suite(release, list(arguments), self._root / f"copy{self._copies}", environ)

    def regression(self, version: str) -> tuple[int, str, float]:
        return self.suite(version, "tests/e2e", "-k", "regression_end_to_end")

    def fuzz(self, version: str) -> tuple[int, str, float]:
        return self.suite(version, "tests/test_planner_contract_fuzz.py")


def orchestrators(site: Site) -> list[psutil.Process]:
    """Processes that work in the releases of this site."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(site.releases_dir) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found
