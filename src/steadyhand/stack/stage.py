"""The stage of a rehearsal: Steadyhand, the reference orchestrator, Prometheus and Alertmanager, on free ports."""

import asyncio
import contextlib
import secrets
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
from steadyhand.rehearsal.neighbours.neighbourhood import settle
from steadyhand.rehearsal.site import Site
from steadyhand.stack import monitoring
from steadyhand.stack.home import project_home
from steadyhand.stack.parts import answers
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group, Service
from steadyhand.stack.stage_profile import NEIGHBOURS_TOKENS, PERSON, stage_profile
from steadyhand.stack.up import TOKEN_FILE, Report, running, with_token
from steadyhand.store.database import Database

_PORTS = ("prefect", "receiver", "orchestrator", "prometheus", "alertmanager", "neighbours")
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
    ports = {name: free_port() for name in _PORTS}
    site = Site.create(root / "site", port=ports["orchestrator"], service_token=secrets.token_urlsafe())
    settle(root / "neighbours", (release.commit for release in site.releases()))
    secret = pyotp.random_base32()
    tokens = {"person.totp": secret, "service.token": site.endpoint.service_token, **NEIGHBOURS_TOKENS}
    for name, token in tokens.items():
        (root / name).touch(mode=0o600)
        (root / name).write_text(token)
    profile_path = root / "steadyhand.toml"
    profile_path.write_text(stage_profile(root, site, ports) + extra)
    profile = with_token(load_profile(profile_path))
    async with Group(restart=False, report=report) as group:
        report("starting the reference orchestrator, its traffic and neighbours, Prometheus and Alertmanager")
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
    neighbours = Service(
        name="neighbours",
        command=[
            *python,
            "steadyhand.rehearsal.neighbours",
            "--directory",
            str(root / "neighbours"),
            "--port",
            str(ports["neighbours"]),
        ],
        log=logs / "neighbours.log",
        ready=answers(f"http://{LOOPBACK}:{ports['neighbours']}/"),
    )
    return [host, traffic, neighbours, alerts, metrics]
