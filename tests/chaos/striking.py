"""Carrying out the schedule: a strike counts when the process was alive and died of it."""

import asyncio
import contextlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psutil

from steadyhand.errors import TransientError
from tests.chaos.schedule import Strike
from tests.chaos.stage import Stage
from tests.chaos.stream import Stream

_LOOK_SECONDS = 0.05
_PATIENCE_SECONDS = 120
_DEATH_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A process that was alive, and died."""

    point: str
    service: str
    pid: int


async def strike_all(
    stage: Stage, stream: Stream, strikes: Sequence[Strike], *, report: Callable[[str], None]
) -> tuple[Kill, ...]:
    """Every strike has killed something; one whose service still rests lets the others pass.

    Raises TransientError when nothing that may be struck comes to life again.
    """
    waiting, kills = list(strikes), []
    while waiting:
        strike = await _next(stage, waiting)
        waiting.remove(strike)
        await asyncio.sleep(strike.pause)
        await strike.point.moment(stage, stream)
        await asyncio.sleep(strike.later)
        kill = await _kill(stage, strike)
        if kill is None:
            waiting.append(strike)
            continue
        kills.append(kill)
        report(f"kill {len(kills)}/{len(strikes)}: {kill.service} ({kill.pid}), point: {kill.point}")
    return tuple(kills)


async def _next(stage: Stage, waiting: Sequence[Strike]) -> Strike:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for strike in waiting:
            if _victim(stage, strike) is not None:
                return strike
        await asyncio.sleep(_LOOK_SECONDS)
    parts = ", ".join({strike.point.name for strike in waiting})
    raise TransientError(f"for {_PATIENCE_SECONDS} s nothing was alive that could be killed at: {parts}")


def _victim(stage: Stage, strike: Strike) -> tuple[str, int] | None:
    """The service that was picked, else another of the point's, that has lived for long enough."""
    services, pids = strike.point.services, stage.group.pids()
    for service in services[strike.pick :] + services[: strike.pick]:
        if service in pids and _age(pids[service]) >= strike.point.rest_seconds:
            return service, pids[service]
    return None


async def _kill(stage: Stage, strike: Strike) -> Kill | None:
    victim = _victim(stage, strike)
    if victim is None:
        return None
    service, pid = victim
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + _DEATH_SECONDS
        while _age(pid) >= 0:
            if time.monotonic() > deadline:
                raise TransientError(f"{service} ({pid}) did not die of SIGKILL")
            await asyncio.sleep(0)
        return Kill(point=strike.point.name, service=service, pid=pid)
    return None


def _age(pid: int) -> float:
    """How long the process has been alive, in seconds; -1 when it is not."""
    try:
        process = psutil.Process(pid)
        return -1.0 if process.status() == psutil.STATUS_ZOMBIE else max(0.0, time.time() - process.create_time())
    except psutil.NoSuchProcess:
        return -1.0


@asynccontextmanager
async def restarts(stage: Stage) -> AsyncIterator[dict[str, int]]:
    """How often each service was started again within the block, filled in when it is left."""
    seen: defaultdict[str, set[int]] = defaultdict(set)
    counted: dict[str, int] = {}

    async def watch() -> None:
        while True:
            for service, pid in stage.group.pids().items():
                seen[service].add(pid)
            await asyncio.sleep(_LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield counted
    finally:
        watching.cancel()
        counted.update({service: len(pids) - 1 for service, pids in seen.items()})
