"""The mitigation phase under a real Prefect server, and Alertmanager: silent while it runs, heard afterwards."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from steadyhand.domain.incident import Environment
from steadyhand.domain.plan import MitigationName, Plan
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.mitigations import REGISTRY
from steadyhand.profile import Alertmanager, EnvironmentProfile, Mitigation, Profile
from steadyhand.profile.showing import as_profile
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.store import ledger, timeline
from steadyhand.store.database import Database
from tests.contract.silences.mitigating import DATABASE, ENDED, GIVEN, Given
from tests.contract.silences.world import World, approved
from tests.contract.target.strange import Answering, by_path, never, reply, strange
from tests.unit.changing.world import Target
from tests.unit.made import RELEASED

ROOT = Path(__file__).parents[3]


def orchestrator() -> Answering:
    """Healthy, and its queue moves: sequential scheduling is proven there."""
    finished = iter(range(1_000_000))

    async def moving(_: str, writer: asyncio.StreamWriter) -> None:
        await reply(200, f'{{"depth": 0, "completed_total": {next(finished)}}}')("", writer)

    health, metrics = reply(200, '{"status": "ok"}'), reply(200, "# TYPE up gauge\nup 1\n", "text/plain")
    return by_path({"/api/v1/health": health, "/metrics": metrics, "/api/v1/diagnostics/task_queue": moving})


class Stage:
    """A deployer on disk, an orchestrator at `url`, and everything else but Alertmanager away."""

    def __init__(self, database: Database, root: Path, url: str, alertmanager: Alertmanager) -> None:
        self._database = database
        self._root = root
        deployer = Target(root).start()
        self._profile = Profile(
            state_dir=root / "state",
            environments={Environment.PRODUCTION: EnvironmentProfile(url=url, deployer=deployer)},
            alertmanager=alertmanager,
            mitigation=Mitigation(verify_window_seconds=3, settle_seconds=0.1, poll_seconds=0.1),
        )
        tables = self._profile.model_dump(mode="json", exclude_none=True)
        tables["database_url"] = {"env": DATABASE}
        tables["prometheus"]["url"] = f"http://{LOOPBACK}:{free_port()}"
        (root / "steadyhand.toml").write_text(as_profile(tables))

    async def incident(self, name: MitigationName, *, dry_run: bool = False) -> World:
        """An alert of its own, and ada's yes to this change."""
        world = await World.begun(self._database, self._profile, service=uuid4().hex)
        await world.has("PlannerFailures")
        step = REGISTRY[name].propose(RELEASED, "it is so", self._profile)
        plan = Plan.model_validate(world.plan.model_dump() | {"steps": (step,), "dry_run": dry_run})
        return replace(world, plan=plan, approval=await approved(self._database, plan))

    def given(self, world: World, **behaving: Any) -> Given:
        """The phase of this incident, with parts that behave so."""
        return Given(incident=world.incident, plan=world.plan, approval=world.approval, home=self._root, **behaving)

    async def ended(self, database_url: str, given: Sequence[Given]) -> list[str]:
        """How each phase ended."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.contract.silences.mitigating"),
            cwd=ROOT,
            env={
                **os.environ,
                "STEADYHAND_PROFILE": str(self._root / "steadyhand.toml"),
                "HOME": str(self._root),
                DATABASE: database_url,
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complaint = await process.communicate(GIVEN.dump_json(list(given)))
        assert process.returncode == 0, complaint.decode()[-3000:]
        return ENDED.validate_json(said)


async def test_however_it_ends_the_alerts_were_silent_while_it_ran_and_nothing_waits_for_alertmanager(
    alertmanager: Alertmanager, database: Database, database_url: str, tmp_path: Path
) -> None:
    """M2, M3: undone, refused, a question to a person, failed by a defect, resumed after a kill, kept.

    Rule 7: with an Alertmanager that hangs, the change is undone or kept and the person is called as without it.
    """
    async with strange(never) as hanging, strange(orchestrator()) as server:
        stage = Stage(database, tmp_path, server.url, alertmanager)
        planner, scheduler = MitigationName.DISABLE_PLANNER, MitigationName.SEQUENTIAL_SCHEDULING
        deaf = {"STEADYHAND_ALERTMANAGER__URL": hanging.url, "STEADYHAND_ALERTMANAGER__TIMEOUT_SECONDS": "0.3"}
        dry = await stage.incident(planner, dry_run=True)
        unhelped, undone, refused, asking, failed, resumed = [await stage.incident(planner) for _ in range(6)]
        kept = await stage.incident(scheduler)
        await resumed.silence()
        given = [
            stage.given(dry),
            stage.given(unhelped, mode="refuse", variables=deaf),
            stage.given(undone),
            stage.given(refused, mode="refuse"),
            stage.given(asking, mode="away"),
            stage.given(failed, ledger=False),
            stage.given(resumed),
            stage.given(kept),
        ]
        ends = await stage.ended(database_url, given)
    rests = ["refused", "reverted", "refused", "unknown: ask a person", "ProgrammingError", "reverted", "kept"]
    assert ends == ["dry run", *rests]
    assert [[line.kind for line in await world.lines()] for world in (dry, unhelped)] == [[], [Kind.TROUBLE]]
    for world in (undone, refused, asking, failed, resumed, kept):
        await was_silent_while_it_ran(world)
    for world in (unhelped, undone, refused, asking, resumed):
        *_, last_but_one, last = await entries(world)
        person = last if world is unhelped else last_but_one
        assert person.summary.startswith("#ops-memory: a person is needed"), "and before the silence is removed"


async def was_silent_while_it_ran(world: World) -> None:
    """One silence, from before the first change until after the last."""
    assert await world.heard() == {"PlannerFailures"}
    ((start, end),) = await silences_of(world)
    for row in await rows(world):
        assert start < (row.applied_at or row.updated_at)
        assert row.updated_at < end
    assert [line.kind for line in await world.lines()] == [Kind.PHASE, Kind.PHASE]


async def silences_of(world: World) -> list[tuple[datetime, datetime]]:
    """From when to when the incident's alerts were silent, as Alertmanager tells it; all of it is over."""
    async with httpx.AsyncClient() as http:
        every = (await http.get(f"{world.settings.url}/api/v2/silences")).json()
    mine = [one for one in every if str(world.incident.id) in one["comment"]]
    assert all(one["status"]["state"] == "expired" for one in mine)
    return [(datetime.fromisoformat(one["startsAt"]), datetime.fromisoformat(one["endsAt"])) for one in mine]


async def rows(world: World) -> tuple[ledger.LedgerRow, ...]:
    """The ledger of the incident."""
    async with world.database.transaction() as connection:
        return await ledger.of_incident(connection, world.incident.id)


async def entries(world: World) -> list[TimelineEntry]:
    """The whole timeline."""
    async with world.database.transaction() as connection:
        return [entry for _, entry in await timeline.read(connection, world.incident.id)]
