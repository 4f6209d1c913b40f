"""Read and change what is deployed on a site: the scripts behind a deployer of kind `command`.

    python -m steadyhand.rehearsal.deployer --site DIR state
    python -m steadyhand.rehearsal.deployer --site DIR apply < state.json
    python -m steadyhand.rehearsal.deployer --site DIR check < state.json

`state` prints {"release", "environment", "healthy", "commit", "known_good_releases"}; `healthy` is whether the service
answers with that release and configuration. `apply` reads {"release", "environment"}, deploys it and waits until it
serves; what is deployed already is not restarted. It never reverts by itself. `check` reads the same, asks the release
whether it would start with it, and changes nothing.

Exit codes of `apply` and `check`: 0 it serves, or would start; 1 it does not serve (the process's last words are on
stderr); 2 the input was refused and nothing was changed.
"""

import argparse
import json
import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from .checking import check
from .errors import DeployError, InvalidStateError, RehearsalError
from .rollout import serves, wait_until_served
from .site import Site

EXIT_NOT_SERVING = 1
EXIT_REFUSED = 2
TIMEOUT_SECONDS = 20.0


class Wanted(BaseModel):
    """The input of `apply` and `check`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    release: str
    environment: dict[str, str]


def state(site: Site) -> dict[str, object]:
    """What is deployed, whether it serves, and where one could go back to (newest first)."""
    desired = site.desired()
    return {
        "release": desired.release,
        "environment": desired.environment,
        "healthy": serves(site, desired),
        "commit": site.release(desired.release).commit,
        "known_good_releases": [release.version for release in site.known_good()],
    }


def apply(site: Site, document: str, *, timeout: float) -> None:
    """Deploy this JSON document and wait; raises `InvalidStateError` (nothing changed) or `DeployError`."""
    wanted = read(document)
    wait_until_served(site, site.deploy(wanted.release, wanted.environment), timeout=timeout)


def read(document: str) -> Wanted:
    """The state that this JSON document asks for; raises `InvalidStateError`."""
    try:
        return Wanted.model_validate_json(document)
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'input'}: {e['msg']}" for e in error.errors())
        raise InvalidStateError(f'expected {{"release": "...", "environment": {{...}}}}: {details}') from error


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    given = _parser().parse_args(arguments)
    try:
        site = Site.open(given.site)
        if given.command == "state":
            sys.stdout.write(json.dumps(state(site)) + "\n")
        elif given.command == "check":
            wanted = read(sys.stdin.read())
            check(site, wanted.release, wanted.environment)
        else:
            apply(site, sys.stdin.read(), timeout=given.timeout)
    except DeployError as error:
        sys.stderr.write(f"deployer: {error}\n")
        return EXIT_NOT_SERVING
    except RehearsalError as error:
        sys.stderr.write(f"deployer: {error}\n")
        return EXIT_REFUSED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m steadyhand.rehearsal.deployer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--site", type=Path, required=True, help="directory of the site")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("state", help="print what is deployed, as one JSON object")
    commands.add_parser("check", help="say whether the state on stdin would start, and change nothing")
    applying = commands.add_parser("apply", help="deploy the state on stdin, and wait until it serves")
    applying.add_argument(
        "--timeout", type=float, default=TIMEOUT_SECONDS, metavar="SECONDS", help="how long to wait (default: 20)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
