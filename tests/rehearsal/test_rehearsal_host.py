"""The host keeps exactly one orchestrator, and takes it along when it goes."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from steadyhand.rehearsal.errors import SiteError
from steadyhand.rehearsal.site import Site

from .stage import Stage, free_port, orchestrators, run_suite, wait_until


def test_a_killed_host_leaves_no_orchestrator(stage: Stage) -> None:
    host = stage.start_host()
    wait_until(stage.healthy, "the orchestrator is healthy")
    assert [process.pid for process in orchestrators(stage.site)] == [stage.pid()]
    host.kill()
    host.wait(5)
    wait_until(lambda: not orchestrators(stage.site), "the orchestrator is gone", seconds=5)


def test_a_stopped_host_stops_the_orchestrator_and_exits_with_0(stage: Stage) -> None:
    host = stage.start_host()
    wait_until(stage.healthy, "the orchestrator is healthy")
    host.terminate()
    assert host.wait(10) == 0
    assert not orchestrators(stage.site)
    actual = stage.site.actual()
    assert actual is not None
    assert (actual.state, actual.pid, actual.exit_code) == ("exited", None, 0)


def test_a_crashed_orchestrator_is_started_again(running: Stage) -> None:
    first = running.pid()
    os.kill(first, signal.SIGKILL)

    def again() -> bool:
        actual = running.site.actual()
        return actual is not None and actual.state == "running" and actual.restarts == 1 and actual.pid != first

    wait_until(again, "another process runs")
    assert running.task("anything")["status"] == "succeeded"


def test_a_site_has_one_host(running: Stage) -> None:
    assert running.start_host().wait(10) == 1
    assert running.healthy()


def test_a_broken_document_does_not_disturb_what_runs(running: Stage) -> None:
    wait_until(lambda: (actual := running.site.actual()) is not None and actual.state == "running", "it runs")
    pid = running.pid()
    wanted = running.site.root / "desired.json"
    text = wanted.read_text()
    wanted.write_text("{")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: running.healthy() and running.pid() != pid, "what ran before is started again")
    wanted.write_text(text)
    assert running.apply().returncode == 0


def test_traffic_ends_when_its_parent_is_gone(running: Stage, tmp_path: Path) -> None:
    marker = tmp_path / "traffic.pid"
    script = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'steadyhand.rehearsal.traffic', '--url', sys.argv[1]])\n"
        "pathlib.Path(sys.argv[2]).write_text(str(child.pid))\n"
        "child.wait()\n"
    )
    parent = psutil.Popen([sys.executable, "-c", script, running.site.url, str(marker)])
    wait_until(lambda: running.queue()["enqueued_total"] > 3, "traffic flows")
    child = psutil.Process(int(marker.read_text()))
    parent.kill()
    parent.wait(5)
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "traffic ends", seconds=5)


def test_traffic_survives_a_service_that_is_not_there(stage: Stage) -> None:
    traffic = stage.module("traffic", "--url", stage.site.url, "--rate", "50", "--duration", "0.5")
    assert traffic.wait(15) == 0


def test_a_site_is_made_in_an_empty_directory_only(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="not an empty directory"):
        Site.create(stage.site.root, port=free_port(), service_token="t")
    with pytest.raises(SiteError, match="versions"):
        Site.create(tmp_path / "other", port=free_port(), service_token="t", versions=("../x",))
    assert not (tmp_path / "other").exists()
    with pytest.raises(SiteError, match="is not a site"):
        Site.open(tmp_path)


def test_releases_differ_in_their_commit_and_are_listed_newest_first(tmp_path: Path) -> None:
    site = Site.create(tmp_path / "s", port=free_port(), service_token="t", versions=("2.9.0", "2.10.0"))
    newest, older = site.releases()
    assert (newest.version, older.version) == ("2.10.0", "2.9.0")
    assert newest.commit != older.commit
    assert site.desired().release == "2.10.0"
    assert run_suite(site.releases_dir / "2.10.0", ["tests", "--collect-only", "-q"], tmp_path / "c", {})[0] == 0
