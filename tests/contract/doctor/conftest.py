"""The reference orchestrator behind a recording proxy, a Prometheus that scrapes it, and an Alertmanager."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from steadyhand.clients.prometheus import PrometheusClient
from steadyhand.doctor.examination import Examination, examine
from steadyhand.domain.incident import Environment
from steadyhand.profile import Profile, Prometheus, load_profile
from steadyhand.stack import monitoring
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group
from tests.rehearsal.stage import TOKEN, Stage

from .served import Served, proxy_of, serving

RULES = Path(__file__).parents[3] / "deployments/prometheus/orchestrator.rules.yml"
TEXT = json.dumps


@dataclass(frozen=True)
class Clinic:
    """A running target with everything around it; `written` is its profile, in TOML."""

    stage: Stage
    proxy: Served
    written: str
    root: Path

    def profile_path(self, *changes: tuple[str, str], first: str = "") -> Path:
        """The profile's file, with texts replaced and lines written above the rest."""
        text = self.written
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = self.root / "steadyhand.toml"
        path.write_text(f"{first}\n{text}")
        return path

    def profile(self, *changes: tuple[str, str], first: str = "") -> Profile:
        return load_profile(self.profile_path(*changes, first=first))

    async def examine(self, *changes: tuple[str, str], quick: bool = True) -> Examination:
        return await examine(self.profile(*changes), (Environment.PRODUCTION,), quick=quick)


async def scraped(prometheus_url: str, expression: str) -> None:
    """Waits until Prometheus has this."""
    client = PrometheusClient(Prometheus(url=prometheus_url))
    deadline = time.monotonic() + 20
    while await client.value(f"count({expression})") is None:
        assert time.monotonic() < deadline, f"never scraped {expression}"
        await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def clinic(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clinic]:
    """All of it, healthy."""
    root = tmp_path_factory.mktemp("clinic")
    ports = {name: free_port() for name in ("prometheus", "alertmanager", "receiver")}
    for name in ("token", "person.totp"):
        (root / name).write_text("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    stage = Stage(root)
    try:
        await asyncio.to_thread(stage.up)
        async with serving(proxy_of(stage.site.url)) as proxy, Group(restart=False, report=print) as group:
            await group.start(
                monitoring.prometheus(
                    root / "prometheus",
                    port=ports["prometheus"],
                    alertmanager_port=ports["alertmanager"],
                    target=proxy.url.removeprefix("http://"),
                    rules=RULES,
                )
            )
            await group.start(
                monitoring.alertmanager(
                    root / "alertmanager",
                    port=ports["alertmanager"],
                    webhook=f"http://{LOOPBACK}:{ports['receiver']}/v1/alertmanager",
                    token_file=root / "token",
                )
            )
            await scraped(f"http://{LOOPBACK}:{ports['prometheus']}", "tool_latency_seconds_bucket")
            yield Clinic(stage, proxy, _written(root, stage, proxy, ports), root)
    finally:
        await asyncio.to_thread(stage.close)


def _written(root: Path, stage: Stage, proxy: Served, ports: dict[str, int]) -> str:
    deployer = [sys.executable, "-m", "steadyhand.rehearsal.deployer", "--site", str(stage.site.root)]
    (root / "service.token").write_text(TOKEN)
    return f"""\
state_dir = {TEXT(str(root / "state"))}
[environments.production]
url = {TEXT(proxy.url)}
checkout = {TEXT(str(stage.site.releases_dir) + "/{release}")}
[environments.production.deployer]
kind = "command"
state = {TEXT([*deployer, "state"])}
apply = ["false"]
check = ["true"]
[orchestrator.service_token]
kind = "bearer"
secret = {{ file = {TEXT(str(root / "service.token"))} }}
[suites]
environment = {{ ORCHESTRATOR__FAULTS_FILE = {TEXT(str(stage.site.faults_file))} }}
[prometheus]
url = "http://{LOOPBACK}:{ports["prometheus"]}"
scrape_interval_seconds = {monitoring.SCRAPE_SECONDS}
[alertmanager]
url = "http://{LOOPBACK}:{ports["alertmanager"]}"
[receiver]
port = {ports["receiver"]}
token = {{ file = {TEXT(str(root / "token"))} }}
[approvals.people.sam]
totp = {{ file = {TEXT(str(root / "person.totp"))} }}
"""
