"""The stage of a rehearsal: Steadyhand, the reference orchestrator, Prometheus and Alertmanager, on free ports."""

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp

from steadyhand.approving import decide
from steadyhand.domain.approval import Approval, Decision, Vote
from steadyhand.domain.record import utc_now
from steadyhand.errors import ApprovalRefused
from steadyhand.profile import Profile, load_profile
from steadyhand.rehearsal.site import Site
from steadyhand.stack import monitoring
from steadyhand.stack.home import project_home
from steadyhand.stack.parts import answers
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group, Service
from steadyhand.stack.up import TOKEN_FILE, Report, running, with_token
from steadyhand.store.database import Database

PERSON = "sam"
_TRAFFIC_PER_SECOND = 8
_CODE_SECONDS = 30
_RULES = "deployments/prometheus/orchestrator.rules.yml"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A running stage. `person` may approve; `totp` is what their authenticator would hold."""

    root: Path
    profile: Profile
    profile_path: Path
    site: Site
    person: str
    totp: pyotp.TOTP
    prometheus_url: str
    steadyhand: Group
    rehearsal: Group

    async def decide(self, database: Database, question: Approval, decision: Decision) -> Approval:
        """The person decides with a code that was not used yet, waiting for the next one if need be, as at an app."""
        while True:
            now = utc_now()
            for offset in (0, 1):
                code = self.totp.at(now, counter_offset=offset)
                vote = Vote(decision=decision, approver=self.person, code=code, comment="rehearsal")
                with contextlib.suppress(ApprovalRefused):
                    return await decide(
                        database, self.profile, question.id, vote, via="terminal", now=now, once=f"stage:{code}"
                    )
            await asyncio.sleep(_CODE_SECONDS - now.timestamp() % _CODE_SECONDS)

    def pids(self) -> dict[str, int]:
        """Process id of every part by name."""
        return {**self.rehearsal.pids(), **self.steadyhand.pids()}


@asynccontextmanager
async def stage(root: Path, *, report: Report, extra: str = "") -> AsyncIterator[Stage]:
    """Everything runs under `root`, which is emptied first; afterwards no process is left and the files are.

    `extra` is TOML appended to the written profile. Raises ConfigurationError when a part is missing or cannot start.
    """
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    ports = {name: free_port() for name in ("prefect", "receiver", "orchestrator", "prometheus", "alertmanager")}
    site = Site.create(root / "site", port=ports["orchestrator"], service_token="rehearsal")  # noqa: S106 - loopback only
    secret = pyotp.random_base32()
    (root / "person.totp").touch(mode=0o600)
    (root / "person.totp").write_text(secret)
    profile_path = root / "steadyhand.toml"
    profile_path.write_text(_profile(root, site, ports) + extra)
    profile = with_token(load_profile(profile_path))
    async with Group(restart=False, report=report) as group:
        report("starting the reference orchestrator, its traffic, Prometheus and Alertmanager")
        for service in _services(root, site, ports, profile):
            await group.start(service)
        async with running(profile, profile_path, restart=True, throw_away=True, report=report) as steadyhand:
            yield Stage(
                root=root,
                profile=profile,
                profile_path=profile_path,
                site=site,
                person=PERSON,
                totp=pyotp.TOTP(secret),
                prometheus_url=f"http://{LOOPBACK}:{ports['prometheus']}",
                steadyhand=steadyhand,
                rehearsal=group,
            )


def _services(root: Path, site: Site, ports: dict[str, int], profile: Profile) -> list[Service]:
    logs = root / "logs"
    logs.mkdir()
    python = [sys.executable, "-m"]

    async def at_once() -> bool:
        return True

    host = Service(
        name="orchestrator",
        command=[*python, "steadyhand.rehearsal.host", "--site", str(site.root), "--with-parent"],
        log=logs / "host.log",
        ready=answers(f"{site.url}/api/v1/health"),
    )
    traffic = Service(
        name="traffic",
        command=[*python, "steadyhand.rehearsal.traffic", "--url", site.url, "--rate", str(_TRAFFIC_PER_SECOND)],
        log=logs / "traffic.log",
        ready=at_once,
    )
    alerts = monitoring.alertmanager(
        root / "alertmanager",
        port=ports["alertmanager"],
        webhook=f"http://{LOOPBACK}:{ports['receiver']}/v1/alertmanager",
        token_file=profile.state_dir / TOKEN_FILE,
    )
    metrics = monitoring.prometheus(
        root / "prometheus",
        port=ports["prometheus"],
        alertmanager_port=ports["alertmanager"],
        target=site.url.removeprefix("http://"),
        rules=project_home() / _RULES,
    )
    return [host, traffic, alerts, metrics]


def _profile(root: Path, site: Site, ports: dict[str, int]) -> str:
    """The stage's profile: short windows, everything else as anybody would write it."""
    text = json.dumps
    deployer = [sys.executable, "-m", "steadyhand.rehearsal.deployer", "--site", str(site.root)]
    return f"""\
# Written by a rehearsal: short windows, loopback addresses.
state_dir = {text(str(root / "state"))}
commander = "{PERSON} (on call)"

[environments.production]
url = {text(site.url)}
checkout = {text(str(site.releases_dir) + "/{release}")}
deployer = {{ kind = "command", state = {text([*deployer, "state"])}, apply = {text([*deployer, "apply"])} }}

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
totp = {{ file = {text(str(root / "person.totp"))} }}
"""


_TOOL_LATENCY = Profile.model_fields["prometheus"].default.tool_latency.expression
