"""The named points at which the chaos suite kills.

A later promise gets a point of its own here: a name, the services to strike, and the moment to wait for. The schedule
and the table of the report follow from this list.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from steadyhand.errors import TransientError
from steadyhand.store.tables import incidents
from tests.chaos.stage import DISPATCHERS, POSTGRES, PREFECT, RECEIVERS, WORKER, Stage
from tests.chaos.stream import Stream

_OPENING_SECONDS = 5
_WAITING_SECONDS = 10
_LOOK_SECONDS = 0.02

Moment = Callable[[Stage, Stream], Awaitable[None]]


async def at_any_time(_: Stage, __: Stream) -> None:
    """Now."""


async def an_incident_opens(_: Stage, stream: Stream) -> None:
    """A notification that opens an incident is on its way; some seconds later at the latest."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stream.widen(), _OPENING_SECONDS)


async def an_incident_waits_for_its_run(stage: Stage, stream: Stream) -> None:
    """An incident is open that has no master run yet; some seconds later at the latest."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_WAITING_SECONDS):
            await stream.widen()
            while not await _one_waits(stage):  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(_LOOK_SECONDS)


async def _one_waits(stage: Stage) -> bool:
    try:
        async with stage.database.transaction() as connection:
            statement = select(incidents.c.id).where(incidents.c.flow_run_id.is_(None)).limit(1)
            return (await connection.execute(statement)).first() is not None
    except (TransientError, SQLAlchemyError):  # Postgres was killed a moment ago
        return False


@dataclass(frozen=True, kw_only=True)
class KillPoint:
    """One of `services` is killed at `moment`, once it has lived for `rest_seconds`; `weight` is its share of all."""

    name: str
    services: tuple[str, ...]
    weight: int
    rest_seconds: float = 0.0
    moment: Moment = at_any_time


POINTS: tuple[KillPoint, ...] = (
    KillPoint(name="receiver", services=RECEIVERS, weight=30),
    KillPoint(name="receiver, opening", services=RECEIVERS, weight=15, moment=an_incident_opens),
    KillPoint(name="dispatcher", services=DISPATCHERS, weight=8, rest_seconds=1),
    KillPoint(
        name="dispatcher, starting",
        services=DISPATCHERS,
        weight=12,
        rest_seconds=1,
        moment=an_incident_waits_for_its_run,
    ),
    KillPoint(name="Postgres", services=(POSTGRES,), weight=12, rest_seconds=5),
    KillPoint(name="Postgres, opening", services=(POSTGRES,), weight=3, rest_seconds=5, moment=an_incident_opens),
    KillPoint(name="worker", services=(WORKER,), weight=10, rest_seconds=6),
    KillPoint(name="Prefect server", services=(PREFECT,), weight=10, rest_seconds=15),
)
