"""When incidents wait for a person."""

from collections.abc import Sequence

from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun

from benchmarks.ground import Ground
from benchmarks.processes import running_flows
from benchmarks.waiting_for import until
from steadyhand.domain.incident import Incident, IncidentStatus

_SUSPENDED = "Suspended"
_PATIENCE_SECONDS = 600.0


async def at_rest(ground: Ground) -> None:
    """No process works on an incident: each is suspended at its gate, or over."""
    worker = ground.services.pids()["prefect-worker"]

    async def look() -> bool:
        return not running_flows(worker)

    await until("no flow run's process is left", _PATIENCE_SECONDS, look, every=0.2)


async def waits(ground: Ground, incidents: Sequence[Incident]) -> list[FlowRun] | None:
    """The incidents' master runs when all of them are suspended at the approval gate, else None."""
    ids = [incident.flow_run_id for incident in incidents if incident.flow_run_id is not None]
    if len(ids) < len(incidents) or any(i.status is not IncidentStatus.AWAITING_APPROVAL for i in incidents):
        return None
    runs = await ground.prefect.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=ids)))
    return runs if all(run.state_name == _SUSPENDED for run in runs) else None
