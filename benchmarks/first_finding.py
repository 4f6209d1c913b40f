"""From the webhook to the first finding on the timeline, beside a plain `flow.serve()` (point b).

An incident is opened by a notification, with all the stock parts; then a minimal flow that writes a row as its first
act is started on the same Prefect server, where `flow.serve()` polls at its default; and again. Both are timed from the
moment they are asked for until what they wrote can be read. Each waits a random moment, so that nothing falls in step
with a polling.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from random import Random
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import select

from benchmarks.at_the_gate import at_rest
from benchmarks.ground import Ground
from benchmarks.plainly import plain_run, served_plainly
from benchmarks.result import Line, Result
from benchmarks.scale import Scale
from benchmarks.spread import Spread, spread
from benchmarks.waiting_for import until
from steadyhand.domain.incident import Incident
from steadyhand.domain.record import Record, utc_now
from steadyhand.domain.timeline import Kind
from steadyhand.stack.up import Report
from steadyhand.store.tables import timeline

LEAVES_OUT = (
    "Prometheus' and Alertmanager's own waiting (scrape, `for`, group_wait). The first incident and the first plain "
    "run warm the caches and are not counted. The stand-in of the orchestrator answers at once."
)
_TARGET_SECONDS = 2.0
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 120.0
_POLLING_SECONDS = 10.0
_SERVICE = "first-finding"


class Way(Record):
    """Seconds from the sending of the notification to each of its stations; None for one that was not seen."""

    acknowledged: float
    run_made: float | None
    picked_up: float | None
    running: float | None
    found: float

    def told(self) -> str:
        """One line."""
        return ", ".join(f"{name} {value:.2f}" for name, value in self.model_dump().items() if value is not None)


async def run(scale: Scale, ground: Ground, report: Report) -> Result:
    """Turn by turn, one incident and one plain run."""
    chance = Random(7)  # noqa: S311 - moments, not secrets
    ways: list[Way] = []
    plains: list[float] = []
    async with served_plainly(ground, report):
        for number in range(scale.incidents + 1):
            await asyncio.sleep(chance.uniform(0, 1))
            way = await _incident(ground, number)
            await asyncio.sleep(chance.uniform(0, _POLLING_SECONDS))
            took = await plain_run(ground, number)
            report(f"first finding {number} of {scale.incidents}: {way.told()}; plain {took:.2f} s")
            if number:
                ways.append(way)
                plains.append(took)
    return _result(ways, plains)


async def _incident(ground: Ground, number: int) -> Way:
    service = f"{_SERVICE}-{number}"
    sent, acknowledged = await ground.alert(service, number)

    async def found() -> tuple[Incident, datetime] | None:
        for incident in await ground.incidents_of(frozenset({service})):
            if (at := await _first_finding(ground, incident.id)) is not None:
                return incident, at
        return None

    incident, _ = await until("a finding is on the timeline", _PATIENCE_SECONDS, found, every=_LOOK_SECONDS)
    seen = utc_now()
    states = await _stations(ground, incident)
    await at_rest(ground)
    stations = {name: at and (at - sent).total_seconds() for name, at in states.items()}
    return Way(acknowledged=(acknowledged - sent).total_seconds(), found=(seen - sent).total_seconds(), **stations)


async def _first_finding(ground: Ground, incident_id: UUID) -> datetime | None:
    statement = (
        select(timeline.c.at)
        .where(timeline.c.incident_id == incident_id, timeline.c.kind == Kind.FINDING)
        .order_by(timeline.c.id)
        .limit(1)
    )
    async with ground.database.transaction() as connection:
        at: datetime | None = (await connection.execute(statement)).scalar_one_or_none()
    return at


async def _stations(ground: Ground, incident: Incident) -> dict[str, AwareDatetime | None]:
    """When the master run was made, taken by a worker, and running."""
    if incident.flow_run_id is None:
        return {"run_made": None, "picked_up": None, "running": None}
    run = await ground.prefect.read_flow_run(incident.flow_run_id)
    states = await ground.prefect.read_flow_run_states(incident.flow_run_id)
    at = {state.name: state.timestamp for state in reversed(states)}
    return {"run_made": run.created, "picked_up": at.get("Pending"), "running": at.get("Running")}


def _result(ways: Sequence[Way], plains: Sequence[float]) -> Result:
    found, beside = spread([way.found for way in ways]), spread(plains)
    stations = {name: _station(ways, name) for name in Way.model_fields}
    told = ", ".join(f"{name.replace('_', ' ')} {at.median:.2f}" for name, at in stations.items() if at is not None)
    lines = (
        Line(
            what="webhook sent to first finding",
            measured=found.told("s", 2),
            beside=f"plain flow.serve(), asked to first row: {beside.told('s', 2)}",
            target=f"median <= {_TARGET_SECONDS:.0f} s",
            met=found.median <= _TARGET_SECONDS,
        ),
        Line(what="stations on that way, seconds after sending", measured=told),
    )
    return Result(
        name="first-finding",
        title=f"Webhook to first finding, {len(ways)} incidents one after another",
        measures=(__doc__ or "").split("\n\n", 1)[1].strip(),
        leaves_out=LEAVES_OUT,
        lines=lines,
        figures={"incidents": [way.model_dump() for way in ways], "plain_seconds": list(plains)},
    )


def _station(ways: Sequence[Way], name: str) -> Spread | None:
    seen = [at for way in ways if (at := getattr(way, name)) is not None]
    return spread(seen) if seen else None
