"""One run: stream, strikes, calm, judgement."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from prefect.exceptions import PrefectException
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from steadyhand.errors import SteadyhandError, TransientError
from steadyhand.stack.parts import answers
from steadyhand.store.tables import incidents
from tests.chaos.judging import PENDING, Breach, judge
from tests.chaos.observed import Observed, master_runs, metrics, observe
from tests.chaos.points import POINTS
from tests.chaos.report import Report, reported
from tests.chaos.schedule import schedule
from tests.chaos.stage import EVERY_SERVICE, Stage, chaos_stage
from tests.chaos.stream import Stream
from tests.chaos.striking import Kill, restarts, strike_all

_CALM_SECONDS = 240
_LOOK_SECONDS = 0.5


async def chaos(
    root: Path, *, kills: int, seed: int, report: Callable[[str], None], begin_seconds: float = 0.0
) -> Report:
    """The parts ran under `root`, were killed `kills` times while alerts streamed in, and were judged when calm.

    Where `begin_seconds` is given, every master run must have begun within that time of calm.
    """
    async with chaos_stage(root, report=report) as stage:
        stream, landed, broken = Stream(stage, seed), list[Kill](), list[Breach]()
        started = time.monotonic()
        async with restarts(stage) as again:
            async with stream.flowing():
                try:
                    strikes = schedule(POINTS, kills=kills, seed=seed)
                    landed += await strike_all(stage, stream, strikes, report=report)
                except TransientError as error:
                    broken.append(Breach(promise="what is killed comes back", what=str(error)))
            report("no more kills and notifications; waiting until everything is back and drained")
            observed = await _calm(stage, broken, begin_seconds)
        broken += judge(stream.book, observed) if observed else ()
        seconds = time.monotonic() - started
        return reported(stream.book, observed, broken, landed, again, seed=seed, seconds=seconds)


async def _calm(stage: Stage, broken: list[Breach], begin_seconds: float) -> Observed | None:
    """What is there once all is back and drained; a breach, and what is there all the same, when it takes too long."""
    deadline = time.monotonic() + _CALM_SECONDS
    while missing := await _unsettled(stage):
        if time.monotonic() > deadline:
            broken.append(Breach(promise="everything comes back and drains", what=missing))
            break
        await asyncio.sleep(_LOOK_SECONDS)
    try:
        if begin_seconds:
            broken += await _not_begun(stage, begin_seconds)
        return await observe(stage)
    except (SteadyhandError, SQLAlchemyError, PrefectException, httpx.HTTPError) as error:
        broken.append(Breach(promise="what is there can be looked at", what=repr(error)))
        return None


async def _not_begun(stage: Stage, seconds: float) -> list[Breach]:
    """A breach for every master run that has not begun when the time is over."""
    deadline = time.monotonic() + seconds
    while waiting := [run for run in await master_runs(stage) if not run.begun]:
        if time.monotonic() > deadline:
            return [Breach(promise="every master run begins", what=str(run)) for run in waiting]
        await asyncio.sleep(_LOOK_SECONDS)
    return []


async def _unsettled(stage: Stage) -> str:
    """What is still to wait for; empty when nothing is."""
    pages = [f"{address}/readyz" for address in stage.receivers] + [f"{stage.profile.prefect.api_url}/health"]
    for page in pages:
        if not await answers(page)():
            return f"{page} does not answer 200"
    if absent := set(EVERY_SERVICE) - stage.group.pids().keys():
        return f"not running: {', '.join(sorted(absent))}"
    try:
        return await _undrained(stage)
    except (TransientError, SQLAlchemyError, httpx.HTTPError) as error:
        return repr(error)


async def _undrained(stage: Stage) -> str:
    for address in stage.receivers:
        if pending := (await metrics(address)).get(PENDING):
            return f"{address}/metrics: {pending:.0f} pending in the inbox"
    async with stage.database.transaction() as connection:
        statement = select(func.count()).select_from(incidents).where(incidents.c.flow_run_id.is_(None))
        waiting = (await connection.execute(statement)).scalar_one()
    return f"{waiting} incidents without a master run" if waiting else ""
