"""`python -m tests.chaos`: the suite at its full size. Exits with 1 on any breach; the seed replays the schedule."""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.report import Report
from tests.chaos.run import chaos

_BEGIN_SECONDS = 300.0


def main() -> int:
    """See the module."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    asked.add_argument("--kills", type=int, default=100, help="how many processes are killed (%(default)s)")
    asked.add_argument("--seed", type=int, default=None, help="replays the schedule of an earlier run")
    asked.add_argument("--json", action="store_true", help="the report as JSON")
    asked.add_argument("--keep", type=Path, default=None, metavar="DIR", help="leaves the logs there")
    given = asked.parse_args()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    with tempfile.TemporaryDirectory(prefix="chaos-") as passing:
        root = (given.keep or Path(passing)).resolve()
        found = asyncio.run(chaos(root, kills=given.kills, seed=seed, report=_told, begin_seconds=_BEGIN_SECONDS))
    _show(found, as_json=given.json)
    return 1 if found.breaches else 0


def _told(text: str) -> None:
    sys.stderr.write(f"- {text}\n")


def _show(found: Report, *, as_json: bool) -> None:
    sys.stdout.write(f"{json.dumps(found.as_data(), indent=2) if as_json else found.as_text()}\n")


if __name__ == "__main__":
    sys.exit(main())
