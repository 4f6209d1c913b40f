"""What else happens during a rehearsal."""

import contextlib
import os
import signal

import psutil

from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.domain.incident import Incident
from steadyhand.domain.outcome import LedgerState
from steadyhand.domain.record import utc_now
from steadyhand.probes import REGISTRY
from steadyhand.probes.probe import Case, ask
from steadyhand.rehearsal import faults
from tests.e2e.rehearsed import World, until


async def the_counter_spikes(world: World, incident: Incident) -> None:
    """It does before anybody looks."""
    await until("the counter spikes", 30, lambda: _bad(world, incident, "planner_contract_failures"))


async def the_queue_starves_too(world: World, incident: Incident) -> None:
    """After the counter has shown itself, and before anybody looks."""
    await the_counter_spikes(world, incident)
    faults.inject(world.stage.site, "queue-starvation")

    async def starved() -> bool:
        return (await _seen(world, incident, "task_queue")).facts.get("starved") is True

    await until("the queue is starved", 40, starved)


async def it_clears(world: World, _: Incident) -> None:
    """Every fault is gone."""
    faults.clear(world.stage.site)


async def prometheus_hangs(world: World, _: Incident) -> None:
    """It accepts connections and answers nothing."""
    _signal(world, "prometheus", signal.SIGSTOP)


async def prometheus_answers(world: World, _: Incident) -> None:
    """It goes on where it stopped."""
    _signal(world, "prometheus", signal.SIGCONT)


async def neighbours_hang(world: World, _: Incident) -> None:
    """Jenkins and GitHub accept connections and answer nothing."""
    _signal(world, "neighbours", signal.SIGSTOP)


async def neighbours_answer(world: World, _: Incident) -> None:
    """They go on where they stopped."""
    _signal(world, "neighbours", signal.SIGCONT)


async def the_deploy_dies(world: World, incident: Incident) -> None:
    """SIGKILL of the run's process and of the deployer, while the change is being applied."""

    async def applying() -> list[psutil.Process]:
        changes = await world.changes(incident)
        deployers = [p for p in psutil.process_iter() if _is_deployer(world, p)]
        return deployers if any(c.state is LedgerState.APPLYING for c in changes) else []

    deployers = await until("the deployer is at work", 60, applying)
    for process in (*world.engines(), *deployers):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


async def _bad(world: World, incident: Incident, probe: str) -> bool:
    return (await _seen(world, incident, probe)).verdict is Verdict.BAD


async def _seen(world: World, incident: Incident, probe: str) -> Finding:
    profile = world.stage.profile.within(incident.environment)
    return await ask(REGISTRY[probe], Case(profile=profile, incident=incident, alerts=(), now=utc_now()), last_try=True)


def _is_deployer(world: World, process: psutil.Process) -> bool:
    try:
        line = process.cmdline()
    except psutil.Error:
        return False
    return "steadyhand.rehearsal.deployer" in line and str(world.stage.site.root) in line and line[-1] == "apply"


def _signal(world: World, part: str, number: signal.Signals) -> None:
    os.kill(world.stage.pids()[part], number)
