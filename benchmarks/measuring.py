"""The benchmarks by name, and a run of those that are asked for."""

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import psutil

from benchmarks import at_once, diagnostics, first_finding, intake, waiting
from benchmarks.crowd import crowds
from benchmarks.ground import Ground, ground
from benchmarks.result import Report, Result, Surroundings
from benchmarks.scale import SCALES, Scale, Size
from steadyhand.domain.record import utc_now
from steadyhand.stack.up import Report as Tell

CORES = 2
_GIGABYTE = 1024**3


class Benchmark(StrEnum):
    """What can be measured, in this order."""

    INTAKE = "intake"
    FIRST_FINDING = "first-finding"
    DIAGNOSTICS = "diagnostics"
    WAITING = "waiting"
    AT_ONCE = "at-once"


def on_so_many_cores(number: int) -> None:
    """This process and all it will start use no more cores than that: the targets are set for two."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[:number])


async def measured(wanted: Sequence[Benchmark], size: Size, directory: Path, tell: Tell) -> Report:
    """The results of these benchmarks. No process of theirs is left; `directory` is there and empty before."""
    scale, results = SCALES[size], list[Result]()
    if Benchmark.INTAKE in wanted:
        results.append(await intake.run(scale, directory / "intake", tell))
    if set(wanted) - {Benchmark.INTAKE}:
        async with ground(directory / "ground", tell) as here:
            results += await _on_the_ground(wanted, scale, here, tell)
    return Report(surroundings=surroundings(size), results=tuple(results))


async def _on_the_ground(wanted: Sequence[Benchmark], scale: Scale, here: Ground, tell: Tell) -> list[Result]:
    """The crowds come last: what they leave waiting would be in the way of the others."""
    results = []
    if Benchmark.FIRST_FINDING in wanted:
        results.append(await first_finding.run(scale, here, tell))
    if Benchmark.DIAGNOSTICS in wanted:
        results.append(await diagnostics.run(scale, here, tell))
    if {Benchmark.WAITING, Benchmark.AT_ONCE} & set(wanted):
        found = await crowds(scale, here, tell)
        results += [waiting.result(found)] if Benchmark.WAITING in wanted else []
        results += [at_once.result(found)] if Benchmark.AT_ONCE in wanted else []
    return results


def surroundings(size: Size) -> Surroundings:
    """Where and with what it was measured."""
    return Surroundings(
        cores=len(os.sched_getaffinity(0)),
        processor=_processor(),
        memory_gigabytes=psutil.virtual_memory().total / _GIGABYTE,
        python=platform.python_version(),
        prefect=importlib.metadata.version("prefect"),
        day=f"{utc_now():%Y-%m-%d}",
        scale=size.value,
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
