"""How long the phase of diagnostics takes beside its slowest probe (point c).

The phase is the subflow `diagnostics` of a real incident, from running to ended as Prefect noted it; the slowest probe
is the one whose finding says the most seconds. In turns with a target that answers at once (where D2's own two looks,
2 s apart, are the slowest) and with one where every probe takes 1 to 4 s, deployer and planner suite included.
"""

from collections.abc import Sequence
from uuid import UUID

from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterParentFlowRunId
from sqlalchemy import select

from benchmarks.at_the_gate import at_rest, waits
from benchmarks.ground import Ground, Pace
from benchmarks.result import Line, Result
from benchmarks.scale import Scale
from benchmarks.spread import ratios, spread
from benchmarks.waiting_for import until
from steadyhand.domain.record import Record
from steadyhand.domain.timeline import Kind
from steadyhand.errors import NotFound
from steadyhand.stack.up import Report
from steadyhand.store.tables import timeline

LEAVES_OUT = (
    "A real orchestrator, and several incidents at once: they share the cores as the crowds below do. D7 asks nobody "
    "here: no repository is named."
)
_TARGET = 1.3
_PATIENCE_SECONDS = 120.0
_SERVICE = "diagnostics"
_PHASE = "diagnostics"
_PACES: tuple[Pace, ...] = ("quick", "slow")


class Phase(Record):
    """Wall time of one phase, and the seconds of its slowest probe."""

    seconds: float
    probe: str
    probe_seconds: float


async def run(scale: Scale, ground: Ground, report: Report) -> Result:
    """Turn by turn, one incident of each pace; the first of each warms up and is not counted."""
    phases: dict[Pace, list[Phase]] = {pace: [] for pace in _PACES}
    for number in range(scale.phases + 1):
        for pace in _PACES:
            phase = await _incident(ground, number, pace)
            report(
                f"diagnostics {number} of {scale.phases}, {pace}: {phase.seconds:.2f} s, "
                f"{phase.probe} {phase.probe_seconds:.2f} s"
            )
            if number:
                phases[pace].append(phase)
    return _result(phases)


async def _incident(ground: Ground, number: int, pace: Pace) -> Phase:
    service = f"{_SERVICE}-{pace}-{number}"
    await ground.alert(service, number, pace)

    async def look() -> UUID | None:
        found = await ground.incidents_of(frozenset({service}))
        return found[0].flow_run_id if found and await waits(ground, found) else None

    run_id = await until("the incident waits at the gate", _PATIENCE_SECONDS, look, every=0.2)
    await at_rest(ground)
    (incident,) = await ground.incidents_of(frozenset({service}))
    probe, seconds = await _slowest(ground, incident.id)
    return Phase(seconds=await _wall(ground, run_id), probe=probe, probe_seconds=seconds)


async def _wall(ground: Ground, run_id: UUID) -> float:
    found = await ground.prefect.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[_PHASE])),
        flow_run_filter=FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run_id])),
    )
    if len(found) != 1 or found[0].start_time is None or found[0].end_time is None:
        raise NotFound(f"run {run_id} has {len(found)} subflows {_PHASE!r} that ran and ended, wanted one")
    return (found[0].end_time - found[0].start_time).total_seconds()


async def _slowest(ground: Ground, incident_id: UUID) -> tuple[str, float]:
    statement = select(timeline.c.actor, timeline.c.detail).where(
        timeline.c.incident_id == incident_id,
        timeline.c.kind == Kind.FINDING,
        timeline.c.once.contains(f":{_PHASE}:", autoescape=True),
    )
    async with ground.database.transaction() as connection:
        rows = (await connection.execute(statement)).all()
    if not rows:
        raise NotFound(f"incident {incident_id} has no finding of {_PHASE}")
    return max(((actor, float(detail["seconds"])) for actor, detail in rows), key=lambda row: row[1])


def _result(phases: dict[Pace, list[Phase]]) -> Result:
    return Result(
        name="diagnostics",
        title="Wall time of the diagnostics, beside their slowest probe",
        measures=(__doc__ or "").split("\n\n", 1)[1].strip(),
        leaves_out=LEAVES_OUT,
        lines=tuple(_line(pace, found) for pace, found in phases.items()),
        figures={pace: [phase.model_dump() for phase in found] for pace, found in phases.items()},
    )


def _line(pace: Pace, found: Sequence[Phase]) -> Line:
    seconds, slowest = [phase.seconds for phase in found], [phase.probe_seconds for phase in found]
    times = ratios(seconds, slowest)
    probes = ", ".join(sorted({phase.probe for phase in found}))
    return Line(
        what=f"{pace} target, {len(found)} incidents",
        measured=f"{times.told('x', 2)}; {spread(seconds).told('s', 2)}",
        beside=f"slowest: {probes} {spread(slowest).told('s', 2)}",
        target=f"<= {_TARGET} x",
        met=times.median <= _TARGET,
    )
