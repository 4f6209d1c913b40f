"""Whether a release would take a state at boot, asked of the release itself. Nothing is changed."""

import subprocess
import sys
from collections.abc import Mapping

from .errors import InvalidStateError
from .process import environment
from .site import Site
from .state import DEFAULT_ENVIRONMENT, Desired

ANSWER_SECONDS = 20.0
QUESTION = """
import os, sys
from orchestrator.errors import SettingsError
from orchestrator.settings import Settings
try:
    Settings.from_environment(os.environ)
except SettingsError as error:
    sys.exit(str(error))
"""


def check(site: Site, release: str, variables: Mapping[str, str]) -> None:
    """The settings code of this release accepts these variables.

    Raises `InvalidStateError` for an unknown release or variable, and with the release's own words for a bad value.
    """
    version = site.release(release).version
    if unknown := sorted(set(variables) - set(DEFAULT_ENVIRONMENT)):
        raise InvalidStateError(f"unknown variables: {', '.join(unknown)}; known: {', '.join(DEFAULT_ENVIRONMENT)}")
    wanted = Desired(release=version, environment=DEFAULT_ENVIRONMENT | dict(variables))
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-c", QUESTION],
            cwd=site.releases_dir / version,
            env=environment(site, wanted),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise InvalidStateError(f"release {version} cannot be asked about these values: {error}") from error
    if done.returncode != 0:
        raise InvalidStateError(f"release {version} would not start: {done.stderr.strip()}")
