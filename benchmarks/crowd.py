"""Incidents opened at once, until all of them wait for a person: measured once, for two benchmarks."""

import asyncio
import time
from contextlib import suppress
from datetime import datetime

import psutil
from prefect.client.schemas.objects import FlowRun

from benchmarks.at_the_gate import at_rest, waits
from benchmarks.ground import Ground
from benchmarks.processes import cpu_seconds, family, memory_megabytes, running_flows
from benchmarks.scale import Scale
from benchmarks.waiting_for import until
from steadyhand.domain.record import Record
from steadyhand.stack.up import Report
from steadyhand.store import approvals

_PATIENCE_SECONDS = 600.0
_LOOK_SECONDS = 0.5
_FIRST_NUMBER = 1000
_MEGABYTE = 1024 * 1024


class Rest(Record):
    """The services while nothing happens: megabytes by service, processes, and the share of one core they use.

    `waiting` is how many questions wait for a person meanwhile, those of earlier benchmarks too.
    """

    waiting: int
    megabytes: dict[str, float]
    processes: int
    flow_processes: int
    core_share: float


class Crowd(Record):
    """So many incidents at once: seconds from each one's notification to its gate, and what all of it cost.

    `before` and `after` are the services before the first notification and with all incidents waiting; the most
    processes of flow runs at one moment and their megabytes (RSS) are those that were seen, twice a second.
    """

    number: int
    seconds_to_gate: tuple[float, ...]
    wall_seconds: float
    cpu_seconds: float
    most_processes: int
    most_megabytes: float
    before: Rest
    after: Rest


async def crowds(scale: Scale, ground: Ground, report: Report) -> tuple[Crowd, ...]:
    """One crowd after another; nothing of an earlier one runs any more, but its incidents go on waiting."""
    await _opened(ground, 1, "warm-up", _Peak())
    found = []
    for place, number in enumerate(scale.crowds):
        report(f"{number} incidents at once")
        found.append(await _crowd(ground, number, f"crowd-{place}", scale.idle_seconds))
        report(f"{number} incidents at once: all wait after {found[-1].wall_seconds:.1f} s")
    return tuple(found)


class _Peak:
    """The most that was seen."""

    def __init__(self) -> None:
        self.processes = 0
        self.megabytes = 0.0

    async def watch(self, worker: int) -> None:
        """Looks until cancelled."""
        while True:
            flows = running_flows(worker)
            self.processes = max(self.processes, len(flows))
            self.megabytes = max(self.megabytes, sum(map(_resident, flows)))
            await asyncio.sleep(_LOOK_SECONDS)


def _resident(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return process.memory_info().rss / _MEGABYTE
    return 0.0


async def _crowd(ground: Ground, number: int, name: str, idle_seconds: float) -> Crowd:
    pids, peak = tuple(ground.services.pids().values()), _Peak()
    before = await _rest(ground, idle_seconds)
    used, began = cpu_seconds(pids), time.monotonic()
    seconds = await _opened(ground, number, name, peak)
    wall = time.monotonic() - began
    return Crowd(
        number=number,
        seconds_to_gate=seconds,
        wall_seconds=wall,
        cpu_seconds=cpu_seconds(pids) - used,
        most_processes=peak.processes,
        most_megabytes=peak.megabytes,
        before=before,
        after=await _rest(ground, idle_seconds),
    )


async def _opened(ground: Ground, number: int, name: str, peak: _Peak) -> tuple[float, ...]:
    """Seconds from notification to gate of so many incidents of a service each; no process of theirs is left."""
    services = [f"{name}-{n}" for n in range(number)]
    watching = asyncio.create_task(peak.watch(ground.services.pids()["prefect-worker"]))
    try:
        sent = await asyncio.gather(*(ground.alert(service, _FIRST_NUMBER + n) for n, service in enumerate(services)))
        posted = {service: at for service, (at, _) in zip(services, sent, strict=True)}

        async def look() -> list[float] | None:
            found = await ground.incidents_of(frozenset(services))
            runs = await waits(ground, found) if len(found) == number else None
            at = {run.id: _suspended_at(run) for run in runs or ()}
            return [(at[i.flow_run_id] - posted[i.service]).total_seconds() for i in found if i.flow_run_id in at]

        seconds = await until(f"all {number} incidents wait", _PATIENCE_SECONDS, look, every=_LOOK_SECONDS)
        await at_rest(ground)
    finally:
        watching.cancel()
    return tuple(seconds)


def _suspended_at(run: FlowRun) -> datetime:
    assert run.state is not None
    return run.state.timestamp


async def _rest(ground: Ground, seconds: float) -> Rest:
    pids = ground.services.pids()
    used = cpu_seconds(pids.values())
    await asyncio.sleep(seconds)
    async with ground.database.transaction() as connection:
        waiting = len(await approvals.pending(connection))
    return Rest(
        waiting=waiting,
        core_share=(cpu_seconds(pids.values()) - used) / seconds,
        megabytes=memory_megabytes(pids),
        processes=sum(len(family(pid)) for name, pid in pids.items() if name != "postgres"),
        flow_processes=len(running_flows(pids["prefect-worker"])),
    )
