"""The profile of a rehearsal: short windows, loopback addresses, everything else as anybody would write it."""

import json
import sys
from pathlib import Path

from steadyhand.profile import Profile
from steadyhand.rehearsal.neighbours import github_state, jenkins_state
from steadyhand.rehearsal.site import Site
from steadyhand.stack import monitoring
from steadyhand.stack.ports import LOOPBACK

PERSON = "sam"
NEIGHBOURS_TOKENS = {"jenkins.token": jenkins_state.API_TOKEN, "github.token": github_state.TOKEN}
"""What opens the stand-ins, by the name of its file beside the profile."""


def stage_profile(root: Path, site: Site, ports: dict[str, int]) -> str:
    """The TOML text; the secrets it refers to are files in `root`."""
    text = json.dumps
    deployer = [sys.executable, "-m", "steadyhand.rehearsal.deployer", "--site", str(site.root)]
    programs = ", ".join(f"{name} = {text([*deployer, name])}" for name in ("state", "apply", "check"))
    neighbours = f"http://{LOOPBACK}:{ports['neighbours']}"

    def secret(name: str) -> str:
        return f"{{ file = {text(str(root / name))} }}"

    return f"""\
# Written by a rehearsal: short windows, loopback addresses.
state_dir = {text(str(root / "state"))}
commander = "{PERSON} (on call)"

[orchestrator]
service_token = {{ kind = "bearer", secret = {secret("service.token")} }}

[environments.production]
url = {text(site.url)}
checkout = {text(str(site.releases_dir) + "/{release}")}
deployer = {{ kind = "command", {programs} }}

[suites]
environment = {{ ORCHESTRATOR__FAULTS_FILE = {text(str(site.faults_file))} }}

[prometheus]
url = "http://{LOOPBACK}:{ports["prometheus"]}"
scrape_interval_seconds = {monitoring.SCRAPE_SECONDS}
spike_window_seconds = 15
baseline_window_seconds = 10
tool_latency = {{ expression = {text(_TOOL_LATENCY)}, threshold = 0.2 }}

[alertmanager]
url = "http://{LOOPBACK}:{ports["alertmanager"]}"

[logs]
source = {{ kind = "file", path = {text(str(site.event_log))} }}

[jenkins]
url = "{neighbours}/jenkins"
user = "{jenkins_state.USER}"
token = {secret("jenkins.token")}

[github]
repository = "{github_state.REPOSITORY}"
api_url = "{neighbours}/github"
token = {secret("github.token")}

[receiver]
port = {ports["receiver"]}

[prefect]
api_url = "http://{LOOPBACK}:{ports["prefect"]}/api"

[mitigation]
verify_window_seconds = 25
settle_seconds = 6
poll_seconds = 1

[exit_criteria]
wait_seconds = 40
poll_seconds = 3

[approvals.people.{PERSON}]
totp = {secret("person.totp")}
"""


_TOOL_LATENCY = Profile.model_fields["prometheus"].default.tool_latency.expression
