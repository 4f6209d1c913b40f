"""A real Prometheus and a real Alertmanager from Debian, started as a rehearsal starts them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from steadyhand.profile import Alertmanager, Prometheus
from steadyhand.stack import monitoring
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group

RULES = Path(__file__).parents[3] / "deployments/prometheus/orchestrator.rules.yml"


@dataclass(frozen=True)
class Scraped:
    """What stands for an orchestrator's /metrics."""

    address: str
    failures: Counter
    level: Gauge


@pytest.fixture(scope="module")
def scraped() -> Iterator[Scraped]:
    """A small metrics endpoint."""
    registry = CollectorRegistry()
    failures = Counter("planner_contract_failure", "violations", registry=registry)
    level = Gauge("level", "a level", ["name"], registry=registry)
    port = free_port()
    server, thread = prometheus_client.start_http_server(port, addr=LOOPBACK, registry=registry)
    yield Scraped(f"{LOOPBACK}:{port}", failures, level)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
async def prometheus(scraped: Scraped, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes it every second."""
    port = free_port()
    service = monitoring.prometheus(
        tmp_path_factory.mktemp("monitoring") / "prometheus",
        port=port,
        alertmanager_port=free_port(),
        target=scraped.address,
        rules=RULES,
    )
    async with Group(restart=False, report=print) as group:
        await group.start(service)
        yield Prometheus(
            url=f"http://{LOOPBACK}:{port}",
            timeout_seconds=3,
            scrape_interval_seconds=monitoring.SCRAPE_SECONDS,
            spike_window_seconds=30,
        )


@pytest.fixture(scope="module")
async def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Alertmanager]:
    """An Alertmanager whose webhook goes nowhere."""
    directory, port = tmp_path_factory.mktemp("alerting"), free_port()
    (directory / "token").write_text("t")
    service = monitoring.alertmanager(
        directory / "alertmanager",
        port=port,
        webhook=f"http://{LOOPBACK}:{free_port()}/v1/alertmanager",
        token_file=directory / "token",
    )
    async with Group(restart=False, report=print) as group:
        await group.start(service)
        yield Alertmanager(url=f"http://{LOOPBACK}:{port}", timeout_seconds=3)
