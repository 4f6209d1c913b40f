"""When it is looked, by whom, and what happens meanwhile (T1)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from steadyhand.domain.alert import AlertStatus
from steadyhand.domain.record import utc_now
from steadyhand.domain.transition import Transition
from steadyhand.reconciling import watch
from steadyhand.store import reconciliations
from steadyhand.store.reconciliations import Look, reconciliation_turn
from tests.contract.target.served import served

from .world import Here, until

LABELS: dict[str, Any] = {"alertname": "Trouble", "environment": "production", "service": "planner"}
NAME = "f00dfeedf00dfeed"


@dataclass
class Slow:
    """An Alertmanager that takes its time: it tells what it had when it was asked, once it is let."""

    url: str = ""
    has: list[dict[str, Any]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let: asyncio.Event = field(default_factory=asyncio.Event)


@pytest.fixture
async def slow() -> AsyncIterator[Slow]:
    app, it = FastAPI(), Slow()

    @app.get("/api/v2/alerts")
    async def alerts() -> Any:
        told = json.loads(json.dumps(it.has))
        it.asked.set()
        await it.let.wait()
        return told

    @app.get("/api/v2/receivers")
    async def receivers() -> Any:
        return [{"name": "steadyhand"}]

    @app.get("/api/v2/status")
    async def status() -> Any:
        return {"cluster": {"status": "ready"}, "versionInfo": {"version": "0"}, "config": {"original": ""}}

    async with served(app) as url:
        it.url = url
        yield it


def alert(start: str, updated: str) -> dict[str, Any]:
    """As `/api/v2/alerts` shows it."""
    return {
        "fingerprint": NAME,
        "labels": LABELS,
        "annotations": {},
        "startsAt": start,
        "endsAt": "2100-01-01T00:00:00.000Z",
        "updatedAt": updated,
        "receivers": [{"name": "steadyhand"}],
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
    }


def asking(here: Here, slow: Slow) -> Here:
    """A Steadyhand whose only Alertmanager that is."""
    only = here.profile.alertmanager.model_copy(update={"url": slow.url, "peers": (), "timeout_seconds": 10})
    return replace(here, profile=here.profile.model_copy(update={"alertmanager": only}))


START = (utc_now() - timedelta(minutes=9)).replace(microsecond=0)


async def test_a_look_that_is_overtaken_by_a_resolve_does_not_open_the_alert_again(here: Here, slow: Slow) -> None:
    """T1: what arrived since the source was asked is newer than its answer."""
    here = asking(here, slow)
    slow.has = [alert(START.isoformat(), utc_now().isoformat())]
    look = asyncio.create_task(here.reconcile())
    await slow.asked.wait()
    await here.webhook(NAME, START, **LABELS)
    await here.webhook(NAME, START, START + timedelta(minutes=1), **LABELS)
    slow.let.set()
    await look
    assert await here.status(NAME) is AlertStatus.RESOLVED


async def test_a_look_that_is_overtaken_by_an_alert_that_fires_again_does_not_end_it(here: Here, slow: Slow) -> None:
    """T1: it was absent when the source was asked, and the levels were back."""
    here = asking(here, slow)
    labels = LABELS | {"service": "back"}
    slow.let.set()
    await here.webhook(NAME, START, **labels)

    async def over() -> bool:
        await here.reconcile()
        return await here.status(NAME) is AlertStatus.RESOLVED

    await until("the levels are back", over, seconds=30)
    await here.webhook(NAME, START + timedelta(minutes=2), **labels)
    slow.let.clear()
    slow.asked.clear()
    look = asyncio.create_task(here.reconcile())
    await slow.asked.wait()
    await here.webhook(NAME, START + timedelta(minutes=2), START + timedelta(minutes=3), **labels)
    await here.webhook(NAME, START + timedelta(minutes=2), **labels)
    slow.let.set()
    await look
    assert await here.status(NAME) is AlertStatus.FIRING


@asynccontextmanager
async def watching(here: Here, times: int = 1) -> AsyncIterator[None]:
    """So many processes watch for as long as the block lasts."""
    tasks = [asyncio.create_task(watch(here.profile, here.database)) for _ in range(times)]
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def looks(here: Here) -> tuple[Look, ...]:
    async with here.database.transaction() as connection:
        return await reconciliations.latest(connection)


async def turns_taken(here: Here) -> Any:
    async with here.database.transaction() as connection:
        return (await connection.execute(select(reconciliation_turn.c.taken_at))).scalar_one_or_none()


async def test_an_alert_that_fires_again_with_the_start_it_had_is_looked_into_at_once(
    here: Here,
) -> None:
    """T1: the notes' contract, 4; the schedule alone would take a minute."""
    start = utc_now() - timedelta(minutes=2)
    async with watching(here):
        await until("the first look", lambda: looks(here))
        first = await turns_taken(here)
        await here.webhook(NAME, start, **LABELS)
        await here.webhook(NAME, start, start + timedelta(minutes=1), **LABELS)
        await here.webhook(NAME, start, **LABELS)
        assert [line.transition for line in await here.history("planner")][-1] is Transition.REOPENED

        async def again() -> bool:
            return bool(await turns_taken(here) > first)

        await until("another look", again, seconds=2)


async def test_of_several_processes_one_looks_when_it_is_due(here: Here, slow: Slow) -> None:
    """T1: the load of one, whatever their number."""
    here = asking(here, slow)
    async with watching(here, times=3):
        await slow.asked.wait()
        slow.asked.clear()
        slow.let.set()
        await until("the look is done", lambda: looks(here))
        turn = await turns_taken(here)
    assert not slow.asked.is_set()
    assert await turns_taken(here) == turn


async def test_a_watch_that_is_cancelled_in_the_middle_of_a_look_leaves_it_to_the_next(here: Here, slow: Slow) -> None:
    """Rule 2: whatever the line it was at; nothing was recorded as looked at."""
    here = asking(here, slow)
    slow.has = [alert(utc_now().isoformat(), utc_now().isoformat())]
    async with watching(here):
        await slow.asked.wait()
    assert await looks(here) == ()
    assert await here.incidents("planner") == ()
    slow.let.set()
    await here.reconcile()
    assert len(await here.incidents("planner")) == 1


async def test_the_turn_of_one_who_died_comes_again(here: Here) -> None:
    """T1: a turn that was taken and not used is taken by somebody else when it is due."""
    async with here.database.transaction() as connection:
        assert await reconciliations.take_turn(connection, every_seconds=60)
    async with here.database.transaction() as connection:
        assert not await reconciliations.take_turn(connection, every_seconds=60)
        assert await reconciliations.take_turn(connection, every_seconds=0.0001)


async def test_a_look_of_the_past_does_not_replace_a_later_one(here: Here) -> None:
    """T1: two looks may end in another order than they began."""
    now = utc_now()
    later = Look(source="s", looked_at=now, ok_at=now, problem="")
    failed = Look(source="s", looked_at=now + timedelta(seconds=1), ok_at=None, problem="away")
    earlier = Look(source="s", looked_at=now - timedelta(seconds=9), ok_at=now - timedelta(seconds=9), problem="")
    for look in (later, earlier, failed):
        async with here.database.transaction() as connection:
            await reconciliations.record(connection, [look])
    assert await looks(here) == (failed.model_copy(update={"ok_at": now}),)
