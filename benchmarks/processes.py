"""What processes cost: processor time and memory, with all their children."""

import asyncio
import time
from collections.abc import Iterable, Mapping

import psutil

_MEGABYTE = 1024 * 1024
_LOOK_SECONDS = 0.25
_QUIET_SHARE = 0.08


def family(pid: int) -> list[psutil.Process]:
    """The process and all below it; those that end while we look are left out."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time that these processes and their children have used so far, the ended children included."""
    total = 0.0
    for process in (one for pid in pids for one in family(pid)):
        try:
            used = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system + used.children_user + used.children_system
    return total


def memory_megabytes(pids: Mapping[str, int]) -> dict[str, float]:
    """By service, with its children: resident memory, where what several share is counted once (PSS)."""
    return {name: sum(map(_resident, family(pid))) / _MEGABYTE for name, pid in pids.items()}


def running_flows(worker: int) -> list[psutil.Process]:
    """The processes under the worker: flow runs and what these have started. At rest it has none."""
    return [process for process in family(worker)[1:] if _lives(process)]


async def quiet(pids: Iterable[int], seconds: float) -> float:
    """Waits until these processes rest, at most so long; returns how long that took.

    What is put off until after the answer is thus not charged to whoever is measured next.
    """
    watched, began = tuple(pids), time.monotonic()
    before = cpu_seconds(watched)
    while time.monotonic() - began < seconds:
        await asyncio.sleep(_LOOK_SECONDS)
        now = cpu_seconds(watched)
        if now - before < _QUIET_SHARE * _LOOK_SECONDS:
            break
        before = now
    return time.monotonic() - began


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0.0


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
