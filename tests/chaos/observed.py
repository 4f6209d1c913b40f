"""What is there once the storm is over: our store, Prefect's runs, the receivers' metrics."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.alert import AlertStatus, IncidentKey
from steadyhand.store.tables import alerts, incidents, notifications, timeline
from tests.chaos.stage import Stage

_PAGE = 200
_ANSWER_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class StoredAlert:
    """What is known of one fingerprint."""

    key: IncidentKey
    status: AlertStatus
    starts_at: datetime
    ends_at: datetime | None
    incident: UUID | None


@dataclass(frozen=True, kw_only=True)
class StoredIncident:
    """One row. `runs_told` is how many master runs its timeline says were started."""

    id: UUID
    key: IncidentKey
    status: str
    run: UUID | None
    runs_told: int


@dataclass(frozen=True, kw_only=True)
class MasterRun:
    """One run of the master flow in Prefect, and its incident. `begun`: it has run, however shortly."""

    id: UUID
    incident: str
    state: str
    begun: bool = True


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Everything. `bodies` counts the stored notifications by `digest` of their body; `metrics` is by receiver."""

    bodies: Counter[str]
    alerts: dict[str, StoredAlert]
    incidents: tuple[StoredIncident, ...]
    runs: tuple[MasterRun, ...]
    metrics: dict[str, dict[str, float]]


def digest(body: bytes) -> str:
    """Two bodies with the same one are the same to the byte."""
    return hashlib.sha256(body).hexdigest()


async def observe(stage: Stage) -> Observed:
    """All of it, as it is now. Raises TransientError or httpx.HTTPError while a part is away."""
    async with stage.database.transaction() as connection:
        return Observed(
            bodies=Counter([digest(row.body) async for row in await connection.stream(select(notifications.c.body))]),
            alerts=await _alerts(connection),
            incidents=await _incidents(connection),
            runs=await master_runs(stage),
            metrics={address: await metrics(address) for address in stage.receivers},
        )


async def _alerts(connection: AsyncConnection) -> dict[str, StoredAlert]:
    return {
        row["fingerprint"]: StoredAlert(
            key=IncidentKey(environment=row["environment"], service=row["service"]),
            status=AlertStatus(row["status"]),
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            incident=row["incident_id"],
        )
        for row in (await connection.execute(select(alerts))).mappings()
    }


async def _incidents(connection: AsyncConnection) -> tuple[StoredIncident, ...]:
    started = select(timeline.c.incident_id).where(timeline.c.once.startswith("started:"))
    told = Counter((await connection.execute(started)).scalars())
    return tuple(
        StoredIncident(
            id=row["id"],
            key=IncidentKey(environment=row["environment"], service=row["service"]),
            status=row["status"],
            run=row["flow_run_id"],
            runs_told=told[row["id"]],
        )
        for row in (await connection.execute(select(incidents))).mappings()
    )


async def master_runs(stage: Stage) -> tuple[MasterRun, ...]:
    """Every run of the master flow that there is."""
    async with PrefectClient(stage.profile.prefect.api_url) as client:
        deployment = await client.read_deployment_by_name(stage.profile.prefect.deployment)
        chosen = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
        found: list[FlowRun] = []
        while page := await client.read_flow_runs(deployment_filter=chosen, limit=_PAGE, offset=len(found)):
            found.extend(page)
    return tuple(
        MasterRun(
            id=run.id,
            incident=str(run.parameters.get("incident_id")),
            state=run.state_name or "none",
            begun=run.start_time is not None,
        )
        for run in found
    )


async def metrics(address: str) -> dict[str, float]:
    """The samples without labels of this receiver's metrics page, by name."""
    async with httpx.AsyncClient(timeout=_ANSWER_SECONDS) as http:
        answer = (await http.get(f"{address}/metrics")).raise_for_status()
    return dict(_samples(answer.text))


def _samples(page: str) -> Iterator[tuple[str, float]]:
    for family in text_string_to_metric_families(page):
        yield from ((sample.name, sample.value) for sample in family.samples if not sample.labels)
