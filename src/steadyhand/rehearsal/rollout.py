"""Wait until a desired state is really there."""

import time

import httpx

from .errors import DeployError
from .process import last_words
from .site import Site
from .state import Actual, Desired

LOOK_AGAIN_SECONDS = 0.1
HEALTH_TIMEOUT_SECONDS = 2.0
DEATHS_TOLERATED = 1
LINES = 20


def serves(site: Site, desired: Desired) -> bool:
    """Whether `/api/v1/health` answers 200 with this release and this configuration."""
    try:
        with httpx.Client(timeout=HEALTH_TIMEOUT_SECONDS, trust_env=False) as client:
            answer = client.get(f"{site.url}/api/v1/health")
            body = answer.json() if answer.status_code == httpx.codes.OK else {}
    except (httpx.HTTPError, ValueError):
        return False
    return bool(body.get("release") == desired.release and body.get("config") == desired.environment)


def wait_until_served(site: Site, desired: Desired, *, timeout: float) -> None:
    """Return when the host runs this state and it serves; `timeout` is in seconds.

    Raises `DeployError` with the process's last words when it died twice or the time is over. Nothing is reverted.
    """
    deadline = time.monotonic() + timeout
    deaths_before = _deaths(site.actual(), desired)
    while True:
        actual = site.actual()
        if site.desired().nonce != desired.nonce:
            raise DeployError("another deployment took the place of this one")
        if _deaths(actual, desired) - deaths_before > DEATHS_TOLERATED:
            raise DeployError(f"the process died {DEATHS_TOLERATED + 1} times. {_ending(site, actual)}")
        if actual and (actual.nonce, actual.state) == (desired.nonce, "running") and serves(site, desired):
            return
        if time.monotonic() >= deadline:
            raise DeployError(f"not healthy after {timeout:g} s. {_ending(site, actual)}")
        time.sleep(LOOK_AGAIN_SECONDS)


def _deaths(actual: Actual | None, desired: Desired) -> int:
    return actual.deaths if actual is not None and actual.nonce == desired.nonce else 0


def _ending(site: Site, actual: Actual | None) -> str:
    if actual is None:
        return "No host has ever run on this site."
    code = "" if actual.exit_code is None else f" (exit code {actual.exit_code})"
    return f"Its last words{code}:\n{last_words(site.output_log, LINES, starts=actual.restarts + 1)}"
