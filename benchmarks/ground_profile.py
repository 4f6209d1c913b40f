"""The profile of the ground that benchmarks stand on, and the files it names."""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.target import PAUSES
from steadyhand.stack.ports import LOOPBACK

_RELEASE = "1.0.0"
_SUITE = "import time\n\n\ndef test_the_contract():\n    time.sleep(1)\n"
_SUITES = ("tests/test_planner_contract_fuzz.py", "tests/e2e/test_regression_end_to_end.py")


def ground_profile(directory: Path, ports: Mapping[str, int]) -> str:
    """Production answers at once and has neither deployer nor suites; staging is slow and has both.

    There is a commander: a plan for a critical alert then engages them (M4), and so every incident reaches the gate.
    """
    _write_suites(directory / "checkout")
    text, base = json.dumps, f"http://{LOOPBACK}:{ports['target']}"
    state = directory / "deployed.json"
    state.write_text(text({"release": _RELEASE, "environment": {}, "healthy": True}))
    # The word that follows the script is its $0, the one after it $1.
    deployer = text(["sh", "-c", 'sleep 1 && cat "$1"', "state", str(state)])
    return f"""\
# Written by a benchmark: a stand-in on loopback addresses; see benchmarks/target.py ({text(PAUSES)}).
state_dir = {text(str(directory / "state"))}
commander = "the benchmark"

[environments.production]
url = "{base}/quick"

[environments.staging]
url = "{base}/slow"
checkout = {text(str(directory / "checkout"))}
deployer = {{ kind = "command", state = {deployer}, apply = ["false"] }}

[prometheus]
url = "{base}/quick/prometheus"

[alertmanager]
url = "{base}/quick/alertmanager"

[environments.staging.prometheus]
url = "{base}/slow/prometheus"

[environments.staging.alertmanager]
url = "{base}/slow/alertmanager"

[receiver]
port = {ports["receiver"]}

[prefect]
api_url = "http://{LOOPBACK}:{ports["prefect"]}/api"
"""


def _write_suites(checkout: Path) -> None:
    for suite in _SUITES:
        path = checkout / suite
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_SUITE)
