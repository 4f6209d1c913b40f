"""The alerts on Steadyhand ask for what its receiver really exposes (T1)."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from steadyhand.doctor.exposition import names_in
from steadyhand.doctor.promql import metrics_of
from steadyhand.profile import Profile, Receiver, SecretRef
from steadyhand.receiver.app import create_app
from steadyhand.stack.ports import LOOPBACK, free_port

from .files import RULES, rules_of

PROMETHEUS_OWN = {"up"}
OPTIONAL = {"process_start_time_seconds"}
"""Counts are right without it but for receivers that die young."""
TOKEN = "a-token-of-the-test-itself"
_MATCHED = re.compile(r"(steadyhand_\w+)\{([^}]*)\}")
_ALTERNATIVES = re.compile(r'(\w+)=~?"([^"]*)"')


@asynccontextmanager
async def receiver(directory: Path, store: str) -> AsyncIterator[httpx.AsyncClient]:
    """The receiver on this store."""
    (directory / "token").write_text(TOKEN)
    (directory / "store").write_text(store)
    profile = Profile(
        state_dir=directory / "state",
        database_url=SecretRef(file=directory / "store"),
        receiver=Receiver(token=SecretRef(file=directory / "token")),
    )
    app = create_app(profile)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://receiver.test", timeout=30) as client,
    ):
        yield client


async def page(directory: Path, store: str) -> str:
    """Its metrics."""
    async with receiver(directory, store) as client:
        answer = await client.get("/metrics")
        assert answer.status_code == 200, answer.text
        return answer.text


async def test_every_metric_of_the_rules_is_exposed(tmp_path: Path, database_url: str) -> None:
    """T1: a metric that was renamed would never fire an alert."""
    exposed = names_in(await page(tmp_path, database_url)) | PROMETHEUS_OWN | OPTIONAL
    asked = {rule.name: set(metrics_of(rule.expression)) - exposed for rule in rules_of(RULES[1])}
    assert {name: missing for name, missing in asked.items() if missing} == {}


async def test_every_label_of_the_rules_is_exposed(tmp_path: Path, database_url: str) -> None:
    """T1: nor would one whose labels' values were. A store that is away shows those of a 503."""
    away = f"postgresql+asyncpg://nobody@{LOOPBACK}:{free_port()}/none"
    async with receiver(tmp_path, away) as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"version": "4", "groupKey": "{}", "alerts": []}
        assert (await client.post("/v1/alertmanager", json=body, headers=headers)).status_code == 503
        assert (await client.post("/v1/alertmanager", json=body)).status_code == 401
    lines = (await page(tmp_path, database_url)).splitlines()
    for metric, matchers in {found for rule in rules_of(RULES[1]) for found in _MATCHED.findall(rule.expression)}:
        wanted = _ALTERNATIVES.findall(matchers)
        assert wanted, matchers
        for label, values in wanted:
            series = [line for line in lines if line.startswith(f"{metric}{{")]
            known = [value for value in values.split("|") if any(f'{label}="{value}"' in line for line in series)]
            assert known, f"no series of {metric} has {label} {values}: {series}"
