"""The deployer converges on what it is given, and says why where it cannot."""

import json
from pathlib import Path

import pytest

from steadyhand.rehearsal.site import Site

from .stage import Stage


def test_the_state_says_what_is_deployed_and_where_one_could_go_back_to(running: Stage) -> None:
    state = running.state()
    assert state == {
        "release": "2.7.0",
        "environment": {"PLANNING__ENABLED": "true", "SCHEDULING__BACKEND": "asyncio"},
        "healthy": True,
        "commit": running.client.get("/api/v1/health").json()["commit"],
        "known_good_releases": ["2.7.0", "2.6.4"],
    }


def test_applying_the_same_state_again_restarts_nothing(running: Stage) -> None:
    pid = running.pid()
    assert running.apply().returncode == 0
    assert running.apply(PLANNING="false").returncode == 0
    changed = running.pid()
    assert changed != pid
    assert running.apply(PLANNING="false").returncode == 0
    assert running.pid() == changed


def test_an_older_release_can_be_applied(running: Stage) -> None:
    assert running.apply(release="2.6.4").returncode == 0
    assert running.client.get("/api/v1/health").json()["release"] == "2.6.4"


def test_a_value_that_the_orchestrator_refuses_fails_with_its_own_words(running: Stage) -> None:
    done = running.apply(SCHEDULING="threads")
    assert done.returncode == 1
    assert "SCHEDULING__BACKEND must be asyncio or sequential, not 'threads'" in done.stderr


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("no json", "Invalid JSON"),
        ("{}", "release: Field required"),
        ('{"release": "2.7.0", "environment": {"PLANNING__ENABLED": true}}', "valid string"),
        ('{"release": "9.9.9", "environment": {}}', "there are: 2.7.0, 2.6.4"),
        ('{"release": "../../etc", "environment": {}}', "no release"),
        ('{"release": "2.7.0", "environment": {"LD_PRELOAD": "x"}}', "unknown variables: LD_PRELOAD"),
        ('{"release": "2.7.0", "environment": {"PLANNING__ENABLED": "\\u0000"}}', "NUL"),
    ],
)
def test_input_that_makes_no_sense_is_refused_and_changes_nothing(stage: Stage, document: str, complaint: str) -> None:
    before = stage.site.desired()
    done = stage.deployer("apply", stdin=document)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert Site.open(stage.site.root).desired() == before


def snapshot(site: Site) -> dict[Path, tuple[int, int]]:
    """Every file of the site, its size and when it was written."""
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns) for path in site.root.rglob("*") if path.name != ".lock"
    }


@pytest.mark.parametrize("release", ["2.7.0", "2.6.4"])
def test_a_state_that_would_start_passes_the_check_and_nothing_is_changed(stage: Stage, release: str) -> None:
    before = snapshot(stage.site)
    state = {"release": release, "environment": {"PLANNING__ENABLED": "false", "SCHEDULING__BACKEND": "sequential"}}
    done = stage.deployer("check", stdin=json.dumps(state))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert snapshot(stage.site) == before


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("no json", "Invalid JSON"),
        ('{"release": "9.9.9", "environment": {}}', "there are: 2.7.0, 2.6.4"),
        ('{"release": "2.7.0", "environment": {"LD_PRELOAD": "x"}}', "unknown variables: LD_PRELOAD"),
        ('{"release": "2.7.0", "environment": {"PLANNING__ENABLED": "\\u0000"}}', "null byte"),
        (
            '{"release": "2.7.0", "environment": {"SCHEDULING__BACKEND": "threads"}}',
            "2.7.0 would not start: SCHEDULING__BACKEND must be asyncio or sequential, not 'threads'",
        ),
        (
            '{"release": "2.6.4", "environment": {"PLANNING__ENABLED": "off"}}',
            "2.6.4 would not start: PLANNING__ENABLED",
        ),
    ],
)
def test_a_state_that_would_not_start_fails_the_check_and_nothing_is_changed(
    stage: Stage, document: str, complaint: str
) -> None:
    before = snapshot(stage.site)
    done = stage.deployer("check", stdin=document)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert snapshot(stage.site) == before


def test_without_a_host_the_deployer_gives_up_at_its_deadline(stage: Stage) -> None:
    done = stage.deployer("apply", "--timeout", "0.3", stdin='{"release": "2.6.4", "environment": {}}')
    assert done.returncode == 1
    assert "No host has ever run" in done.stderr


def test_a_directory_that_is_no_site_is_refused(stage: Stage) -> None:
    stage.site.root.joinpath("site.json").unlink()
    done = stage.deployer("state")
    assert done.returncode == 2
    assert "is not a site" in done.stderr
