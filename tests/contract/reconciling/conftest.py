"""A cluster of two real Alertmanagers, and a real Prometheus that feeds both."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, Gauge

from steadyhand.profile import Profile
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group
from steadyhand.store.database import Database

from . import world
from .world import Here


@dataclass(frozen=True)
class Target:
    """What Prometheus scrapes: the level of a service, and the trouble of any."""

    address: str
    level: Gauge
    trouble: Gauge


@dataclass(frozen=True)
class Monitoring:
    """Where they answer."""

    one: str
    other: str
    prometheus: str
    back: Target
    hot: Target

    def fire(self, service: str, **labels: str) -> None:
        """Prometheus finds trouble."""
        self._trouble(service, **labels).set(1)

    def calm(self, service: str, **labels: str) -> None:
        """And finds none any more."""
        self._trouble(service, **labels).set(0)

    def _trouble(self, service: str, environment: str = "production", team: str = "ops") -> Gauge:
        return self.back.trouble.labels(environment=environment, service=service, team=team)


@pytest.fixture(scope="package")
def targets() -> Iterator[tuple[Target, Target]]:
    """The service `back` is at its usual level, the service `hot` is not."""
    made, stops = [], []
    for level in (0, 5):
        registry, port = CollectorRegistry(), free_port()
        target = Target(
            f"{LOOPBACK}:{port}",
            Gauge("level", "a level", registry=registry),
            Gauge("trouble", "what is wrong", ["environment", "service", "team"], registry=registry),
        )
        target.level.set(level)
        server, thread = prometheus_client.start_http_server(port, addr=LOOPBACK, registry=registry)
        made.append(target)
        stops.append((server, thread))
    yield made[0], made[1]
    for server, thread in stops:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="package")
async def monitoring(
    targets: tuple[Target, Target], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Monitoring]:
    directory = tmp_path_factory.mktemp("reconciling")
    ports = [free_port() for _ in range(5)]
    back, hot = targets
    async with Group(restart=False, report=print) as group:
        await group.start(world.alertmanager(directory / "one", ports[0], cluster=ports[3]))
        await group.start(world.alertmanager(directory / "other", ports[1], cluster=ports[4], joins=ports[3]))
        await group.start(
            world.prometheus(
                directory / "prometheus",
                ports[2],
                targets={"back": back.address, "hot": hot.address},
                alertmanagers=[f"{LOOPBACK}:{port}" for port in ports[:2]],
            )
        )
        one, other, prometheus = (f"http://{LOOPBACK}:{port}" for port in ports[:3])
        yield Monitoring(one, other, prometheus, back, hot)


@pytest.fixture
def service() -> str:
    """A service no other test has alerts of, and of whose levels nobody knows."""
    return uuid4().hex


@pytest.fixture
def here(monitoring: Monitoring, database: Database, tmp_path: Path) -> Here:
    """A Steadyhand that knows both Alertmanagers, and was told nothing."""
    addresses = (monitoring.one, monitoring.other)
    return Here(world.profile_of(addresses, monitoring.prometheus, state=tmp_path), database)


@pytest.fixture
def long_ago(here: Here) -> Here:
    """The same, for whom every look is one after a downtime."""
    impatient = here.profile.alertmanager.model_copy(update={"reconcile_seconds": 0.001})
    return replace(here, profile=_with(here.profile, impatient))


def _with(profile: Profile, alertmanager: object) -> Profile:
    return profile.model_copy(update={"alertmanager": alertmanager})
