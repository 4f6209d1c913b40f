"""Exit criteria: E1, E2 and E3, for one incident or, on schedule, for every open one (T3)."""

from asyncio import gather, sleep
from itertools import count

from prefect import flow

from flows.phase import phase
from steadyhand.domain.exit_criteria import ExitCheck, ExitState
from steadyhand.domain.incident import Incident
from tasks.exit_check import Patience, record_exit_check
from tasks.observe import observe
from tasks.open_incidents import read_open_incidents

PROBES = ("regression_suite_green", "planner_contract_suite_green", "task_completion", "tool_latency")


async def check(incident: Incident, once: str) -> ExitCheck:
    """One evaluation. Unknown is neither met nor unmet, and never closes."""
    findings = await gather(*(observe(probe, incident, once=once) for probe in PROBES))
    return await record_exit_check(incident, tuple(findings))


@phase("exit criteria")
async def exit_criteria(incident: Incident, patience: Patience) -> ExitCheck:
    """The first evaluation that is met, or the last that patience allows."""
    for number in count(1):
        evaluated = await check(incident, f"exit {number}")
        if evaluated.state is ExitState.MET or number >= patience.tries:
            break
        await sleep(patience.pause_seconds)
    return evaluated


@flow(name="exit-criteria", persist_result=False)
async def check_open_incidents() -> dict[str, str]:
    """Evaluate the exit criteria of every open incident.

    Runs on a schedule, so that incidents whose master run waits or has died are looked at too. Changes nothing but the
    record; returns the state by incident.
    """
    states: dict[str, str] = {}
    for incident in await read_open_incidents():
        states[incident.title] = (await check(incident, "scheduled")).state
    return states
