"""Real Alertmanagers and a real Prometheus, and the store of a Steadyhand that was told nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml
from sqlalchemy import func, select

from steadyhand.domain.alert import AlertStatus
from steadyhand.domain.incident import Incident
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import TimelineEntry
from steadyhand.intake.again import house_of
from steadyhand.intake.judging import judge
from steadyhand.profile import Alertmanager, Baseline, Profile, Prometheus
from steadyhand.reconciling import Reconciliation, bodies, reconcile
from steadyhand.stack.parts import answers
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Service
from steadyhand.store import alerts, incidents, timeline
from steadyhand.store.alerts import Happening, KnownAlert
from steadyhand.store.database import Database
from steadyhand.store.inbox import Delivery, deliver
from steadyhand.store.tables import quarantine

T = TypeVar("T")
ELSEWHERE = "elsewhere"
"""The team whose alerts are routed to somebody else."""
WINDOW = 5.0


async def until(what: str, look: Callable[[], Awaitable[T | None]], seconds: float = 20) -> T:
    """What `look` gives as soon as it gives something; the test fails when that takes longer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := await look():
            return found
        await asyncio.sleep(0.1)
    pytest.fail(f"not within {seconds:.0f} s: {what}")


def alertmanager(directory: Path, port: int, *, cluster: int = 0, joins: int = 0) -> Service:
    """An Alertmanager whose webhook goes nowhere. `directory` is made."""
    directory.mkdir(parents=True)
    hook = {"url": f"http://{LOOPBACK}:{free_port()}/v1/alertmanager", "send_resolved": True}
    config = {
        "route": {
            "receiver": "steadyhand",
            "group_by": ["environment", "service"],
            "group_wait": "1s",
            "group_interval": "5s",
            "routes": [{"receiver": "somebody", "matchers": [f'team="{ELSEWHERE}"']}],
        },
        "receivers": [{"name": "steadyhand", "webhook_configs": [hook]}, {"name": "somebody"}],
        "inhibit_rules": [
            {
                "source_matchers": ['alertname="HostDown"'],
                "target_matchers": ['alertname!="HostDown"'],
                "equal": ["service"],
            }
        ],
    }
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(config))
    gossip = [f"--cluster.listen-address={f'{LOOPBACK}:{cluster}' if cluster else ''}"]
    gossip += [f"--cluster.peer={LOOPBACK}:{joins}"] if joins else []
    return Service(
        name=f"alertmanager-{port}",
        command=[
            "prometheus-alertmanager",
            f"--config.file={directory / 'alertmanager.yml'}",
            f"--storage.path={directory / 'data'}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--cluster.settle-timeout=1s",
            *gossip,
        ],
        log=directory / "alertmanager.log",
        ready=answers(f"http://{LOOPBACK}:{port}/-/ready"),
    )


def prometheus(directory: Path, port: int, *, targets: Mapping[str, str], alertmanagers: Sequence[str]) -> Service:
    """A Prometheus that fires Trouble where the gauge says so. Each target is scraped as the service it is keyed by."""
    directory.mkdir(parents=True)
    rule = {"alert": "Trouble", "expr": "trouble > 0", "labels": {"severity": "critical"}}
    (directory / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "external_labels": {"cluster": "dev"}},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [*alertmanagers]}]}]},
        "scrape_configs": [
            {
                "job_name": "orchestrator",
                "honor_labels": True,
                "static_configs": [
                    {"targets": [address], "labels": {"environment": "production", "service": service}}
                    for service, address in targets.items()
                ],
            }
        ],
    }
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    return Service(
        name=f"prometheus-{port}",
        command=[
            "prometheus",
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--rules.alert.resend-delay=1s",  # so that Alertmanager gives an alert up within seconds
        ],
        log=directory / "prometheus.log",
        ready=answers(f"http://{LOOPBACK}:{port}/-/ready"),
    )


def profile_of(
    alertmanagers: Sequence[str], prometheus_url: str, *, state: Path, every: float = 60, settle: float = 0
) -> Profile:
    """Steadyhand's profile for these, with an impatient way of asking."""
    level = Baseline(expression="max(level{{selector}})", threshold=1)
    return Profile(
        state_dir=state,
        alertmanager=Alertmanager(
            url=alertmanagers[0],
            peers=tuple(alertmanagers[1:]),
            timeout_seconds=1,
            reconcile_seconds=every,
            settle_seconds=settle,
        ),
        prometheus=Prometheus(
            url=prometheus_url,
            timeout_seconds=3,
            scrape_interval_seconds=1,
            baseline_window_seconds=WINDOW,
            task_completion=level,
            tool_latency=level,
        ),
    )


async def post(url: str, *, start: datetime | str | None = None, end: datetime | None = None, **labels: str) -> str:
    """The Alertmanager has this alert, or has it no more. Returns its fingerprint while it has."""
    alert: dict[str, Any] = {"labels": labels}
    if start is not None:
        alert["startsAt"] = start if isinstance(start, str) else start.isoformat()
    if end is not None:
        alert["endsAt"] = end.isoformat()
    await post_all(url, [alert])
    return next((one["fingerprint"] for one in await listed(url) if one["labels"] == labels), "")


async def post_all(url: str, alerts: Sequence[Mapping[str, Any]]) -> None:
    """The Alertmanager was told of these."""
    async with httpx.AsyncClient(timeout=20) as http:
        (await http.post(f"{url}/api/v2/alerts", json=alerts)).raise_for_status()


async def listed(url: str, service: str | None = None) -> list[dict[str, Any]]:
    """What the Alertmanager has, of this service or of all."""
    async with httpx.AsyncClient() as http:
        found: list[dict[str, Any]] = (await http.get(f"{url}/api/v2/alerts")).json()
    return [one for one in found if service in {None, one["labels"].get("service")}]


async def still_fires(prometheus: str, service: str) -> bool:
    """Whether Prometheus' own record has an alert of this service firing now."""
    query = {"query": f'ALERTS{{alertstate="firing",service="{service}"}}'}
    async with httpx.AsyncClient() as http:
        return bool((await http.get(f"{prometheus}/api/v1/query", params=query)).json()["data"]["result"])


async def silence(url: str, **labels: str) -> None:
    """Alerts with these labels are silenced for an hour."""
    now = utc_now()
    body = {
        "matchers": [{"name": n, "value": v, "isRegex": False, "isEqual": True} for n, v in labels.items()],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "known",
    }
    async with httpx.AsyncClient() as http:
        (await http.post(f"{url}/api/v2/silences", json=body)).raise_for_status()


@dataclass(frozen=True)
class Here:
    """A Steadyhand's store and profile, and what a test asks of it."""

    profile: Profile
    database: Database

    async def reconcile(self) -> Reconciliation:
        return await reconcile(self.profile, self.database, utc_now())

    async def webhook(self, fingerprint: str, start: datetime, end: datetime | None = None, **labels: str) -> None:
        """Alertmanager delivers this alert, as far as `end` says, resolved."""
        wires = list(bodies.fired(fingerprint, labels, start, end))[-1:]
        body = bodies.body(wires, address="http://alertmanager.example.test")
        judged = judge(body, self.profile)
        assert judged.alerts
        sent = Delivery(body=body, sender="test", at=utc_now(), placed=judged.alerts)
        async with self.database.transaction() as connection:
            await deliver(connection, [sent], house_of(self.profile))

    async def incidents(self, service: str) -> tuple[Incident, ...]:
        async with self.database.transaction() as connection:
            return tuple(i for i in await incidents.listed(connection) if i.service == service)

    async def incident(self, service: str) -> Incident:
        (one,) = await self.incidents(service)
        return one

    async def alert(self, fingerprint: str) -> KnownAlert:
        async with self.database.transaction() as connection:
            return (await alerts.known(connection, [fingerprint]))[fingerprint]

    async def status(self, fingerprint: str) -> AlertStatus:
        return (await self.alert(fingerprint)).alert.status

    async def history(self, service: str) -> tuple[Happening, ...]:
        async with self.database.transaction() as connection:
            return await alerts.history(connection, (await self.incident(service)).id)

    async def told(self, service: str) -> list[TimelineEntry]:
        """What the reconciliation says on the timeline of this service's incident."""
        async with self.database.transaction() as connection:
            found = await timeline.read(connection, (await self.incident(service)).id)
        return [entry for _, entry in found if entry.actor == "reconcile"]

    async def quarantined(self, fingerprint: str) -> int:
        """How often this alert is in quarantine."""
        rows = select(func.count()).select_from(quarantine).where(quarantine.c.fingerprint == fingerprint)
        async with self.database.transaction() as connection:
            return int((await connection.execute(rows)).scalar_one())
