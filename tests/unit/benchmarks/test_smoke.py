"""Every benchmark runs on real parts, with numbers so small that its figures mean nothing; none of them is judged."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from benchmarks.measuring import Benchmark

REPOSITORY = Path(__file__).parents[3]
MET, MISSED = 0, 1


OURS = uuid4().hex


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, ended. All that it starts can be told by its environment."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "STARTED_BY_TEST": OURS},
        capture_output=True,
        text=True,
        check=False,
    )


def ours(process: psutil.Process) -> bool:
    """Whether the command, or something below it, started this process."""
    try:
        return process.environ().get("STARTED_BY_TEST") == OURS
    except psutil.Error:  # it ended, or is somebody else's
        return False


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """One run of everything: the JSON, and the page."""
    root = tmp_path_factory.mktemp("benchmarks")
    page = root / "benchmarks.md"
    done = benchmarks("--smoke", "--json", "--directory", str(root / "run"), "--write", str(page))
    assert done.returncode in {MET, MISSED}, done.stderr[-3000:]
    report = json.loads(done.stdout)
    missed = any(line["met"] is False for result in report["results"] for line in result["lines"])
    assert done.returncode == (MISSED if missed else MET)
    return report, page.read_text()


@pytest.mark.timeout(600)
def test_every_benchmark_gives_its_lines_and_its_figures(smoke: tuple[dict[str, Any], str]) -> None:
    report, page = smoke
    assert [result["name"] for result in report["results"]] == list(Benchmark)
    for result in report["results"]:
        assert result["lines"]
        assert result["figures"]
        assert f"## {result['title']}" in page


@pytest.mark.timeout(600)
def test_what_was_acknowledged_is_in_the_database(smoke: tuple[dict[str, Any], str]) -> None:
    """Rule 2: looked for body by body after the load."""
    intake = next(result for result in smoke[0]["results"] if result["name"] == Benchmark.INTAKE)
    line = next(line for line in intake["lines"] if line["what"] == "acknowledged and not in the database")
    assert line["met"] is True


@pytest.mark.timeout(600)
def test_a_waiting_incident_holds_no_process(smoke: tuple[dict[str, Any], str]) -> None:
    """P2: the run is suspended; nothing of it is left under the worker."""
    waiting = next(result for result in smoke[0]["results"] if result["name"] == Benchmark.WAITING)
    assert waiting["figures"]["after"]["flow_processes"] == 0


@pytest.mark.timeout(600)
def test_nothing_is_left_running(smoke: tuple[dict[str, Any], str]) -> None:
    assert smoke
    assert [process for process in psutil.process_iter() if ours(process)] == []


def test_ctrl_c_leaves_nothing_running(tmp_path: Path) -> None:
    """Interrupted while a load generator and all servers run."""
    command = [sys.executable, "-m", "benchmarks", "--only", "intake", "--directory", str(tmp_path / "run")]
    environment = {**os.environ, "STARTED_BY_TEST": OURS}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert any("as in real life" in line for line in running.stderr)
        running.send_signal(signal.SIGINT)
        told = running.stderr.read()
        assert running.wait(timeout=60) == 130
    assert "stopped" in told
    assert [process for process in psutil.process_iter() if ours(process)] == []


def test_a_benchmark_that_is_not_there_is_refused_with_those_that_are() -> None:
    done = benchmarks("--only", "intake,speed")
    assert done.returncode == 2
    assert "'speed' is not a valid Benchmark; there are: intake, first-finding" in done.stderr
