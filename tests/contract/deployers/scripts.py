"""What a platform team might have: `scripts.py ROOT PORT state|apply|check`."""

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from machine import Machine  # type: ignore[import-not-found]

RELEASES = ("2.7.0", "2.6.4")
OWN = {"API_TOKEN": "the-targets-own-secret"}
SECONDS = 10.0


def wanted(machine: Machine) -> Path:
    root: Path = machine.root
    return root / "wanted.json"


def environment(state: dict[str, Any]) -> dict[str, str]:
    return {**OWN, "RELEASE": state["release"], **state["environment"]}


def health(machine: Machine) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{machine.port}/api/v1/health", timeout=1) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (urllib.error.URLError, OSError):
        return {}


def serves(machine: Machine, state: dict[str, Any]) -> bool:
    found = health(machine)
    return (found.get("release"), found.get("config")) == (state["release"], state["environment"])


def tell(machine: Machine) -> None:
    state = json.loads(wanted(machine).read_text())
    told = {"healthy": serves(machine, state), "commit": "c0ffee", "known_good_releases": RELEASES}
    print(json.dumps({**state, **told, "environment": {**OWN, **state["environment"]}}))  # noqa: T201


def accept(state: dict[str, Any]) -> None:
    if state["release"] not in RELEASES:
        sys.exit(f"no release {state['release']}")


def apply(machine: Machine, state: dict[str, Any]) -> None:
    accept(state)
    wanted(machine).write_text(json.dumps(state))
    machine.put(environment(state))
    deadline = time.monotonic() + SECONDS
    while not serves(machine, state):
        if not machine.runs() or time.monotonic() > deadline:
            sys.exit(f"it does not serve; it said: {machine.log.read_text()}")
        time.sleep(0.02)


def main() -> None:
    machine = Machine(Path(sys.argv[1]), int(sys.argv[2]))
    if machine.away.exists():
        sys.exit("the control plane is away")
    if sys.argv[3] == "state":
        tell(machine)
    elif sys.argv[3] == "check":
        accept(json.load(sys.stdin))
    else:
        apply(machine, json.load(sys.stdin))


if __name__ == "__main__":
    main()
