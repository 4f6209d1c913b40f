"""The neighbours of a rehearsal, settled in one directory: what Jenkins and GitHub know at the beginning."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from . import github_happenings, jenkins_state

JENKINS_FILE = "jenkins.json"
GITHUB_FILE = "github.json"


def settle(directory: Path, commits: Iterable[str]) -> None:
    """Last night's backup succeeded, and the hardening workflow is green for each of these commits."""
    directory.mkdir(parents=True)
    now = datetime.now(UTC)
    jenkins_state.fresh(now).write(directory / JENKINS_FILE)
    github_happenings.fresh(commits, now).write(directory / GITHUB_FILE)
