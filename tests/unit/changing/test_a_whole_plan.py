"""Steps that follow one another, and the reviewer who is engaged when they do not help (rules 1 and 3, M3, M4)."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import pytest

from steadyhand.changing import engage_reviewer
from steadyhand.changing.measuring import cases
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.incident import Environment
from steadyhand.domain.outcome import LedgerState
from steadyhand.domain.plan import MitigationName, Plan, Review
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind
from steadyhand.errors import ApprovalRefused, TransientError
from steadyhand.mitigations import REGISTRY
from steadyhand.mitigations.verify import verify
from steadyhand.profile import EnvironmentProfile, Mitigation, Profile
from steadyhand.store import ledger
from steadyhand.store.timeline import read
from tests.contract.target.strange import Answering, by_path, never, reply, strange
from tests.unit.changing.world import World
from tests.unit.made import RELEASED

HEALTH = reply(200, '{"status": "ok"}')
METRICS = reply(200, "# TYPE up gauge\nup 1\n", "text/plain")
MOVING = '{"depth": 0, "completed_total": %d}'
STARVED = '{"depth": 90, "oldest_queued_seconds": 80, "completed_total": 5}'
REVIEW = Review(reviewer="grace", reason="it goes on", task_id="t-1", idempotency_key="steadyhand-x-1")


def with_second_step(world: World, url: str, *, dry_run: bool = False) -> World:
    """The planner off, then sequential scheduling; the orchestrator answers at `url`, the window is short."""
    deployer = world.profile.environments[Environment.PRODUCTION].deployer
    profile = Profile(
        state_dir=world.profile.state_dir,
        environments={Environment.PRODUCTION: EnvironmentProfile(url=url, deployer=deployer)},
        mitigation=Mitigation(verify_window_seconds=4, settle_seconds=0.1, poll_seconds=0.1),
    )
    first = world.plan.steps[0]
    reached = RELEASED.model_copy(update=dict(first.after))
    second = REGISTRY[MitigationName.SEQUENTIAL_SCHEDULING].propose(reached, "the queue is starved", profile)
    assert second is not None
    body = world.plan.model_dump() | {"steps": (first, second), "review": REVIEW, "dry_run": dry_run}
    return replace(world, profile=profile, plan=Plan.model_validate(body))


async def first_kept(world: World) -> UUID:
    """The approval, once the first step is applied and proven."""
    asked = await world.asked()
    row = await world.apply(asked)
    async with world.database.transaction() as connection:
        await ledger.move(connection, row, LedgerState.KEPT, at=utc_now(), applied_at=utc_now())
    return asked


def orchestrator(queue: Answering) -> dict[str, Answering]:
    """A healthy one, with this queue."""
    return {"/api/v1/health": HEALTH, "/metrics": METRICS, "/api/v1/diagnostics/task_queue": queue}


def target(queue: Answering, review: Answering | None = None) -> Answering:
    """The same, answering, and assigning reviews so."""
    return by_path(orchestrator(queue) | ({"/api/v1/reviews/assign": review} if review else {}))


async def test_a_second_step_is_applied_while_its_trouble_goes_on(world: World) -> None:
    """M3: as soon as a measurement says so."""
    async with strange(target(reply(200, STARVED))) as server:
        world = with_second_step(world, server.url)
        row = await world.apply(await first_kept(world), position=1)
    assert row.state is LedgerState.VERIFYING
    assert world.target.deployed == world.plan.steps[1].after
    assert world.target.applies == 2


async def test_a_second_step_is_left_out_when_the_first_has_healed_its_trouble_too(world: World) -> None:
    """M3, rule 5: what was measured to be gone is not changed for good measure."""
    finished = iter(range(1000))

    async def moving(_: str, writer: asyncio.StreamWriter) -> None:
        await reply(200, MOVING % next(finished))("", writer)

    async with strange(target(moving)) as server:
        world = with_second_step(world, server.url)
        asked = await first_kept(world)
        row = await world.apply(asked, position=1)
        assert row.state is LedgerState.NOT_NEEDED
        assert "not needed any more" in row.summary
        assert await world.apply(asked, position=1) == row
    assert world.target.deployed == world.plan.steps[0].after
    assert world.target.applies == 1


async def test_a_last_step_is_not_left_out_while_the_service_is_not_healthy(world: World) -> None:
    """M3, rule 5: its queue is calm, and health still says no."""
    finished = iter(range(1000))

    async def moving(_: str, writer: asyncio.StreamWriter) -> None:
        await reply(200, MOVING % next(finished))("", writer)

    ill = {**orchestrator(moving), "/api/v1/health": reply(200, '{"status": "degraded"}')}
    async with strange(by_path(ill)) as server:
        world = with_second_step(world, server.url)
        row = await world.apply(await first_kept(world), position=1)
    assert row.state is LedgerState.VERIFYING


async def test_a_queue_that_is_long_but_moves_does_not_bring_the_second_step_at_once(world: World) -> None:
    """M3: load is not starvation; the whole window is waited for before a person's yes is used."""
    finished = iter(range(0, 10_000, 50))

    async def busy(_: str, writer: asyncio.StreamWriter) -> None:
        await reply(200, json.dumps({"depth": 90, "completed_total": next(finished)}))("", writer)

    async with strange(by_path(orchestrator(busy))) as server:
        world = with_second_step(world, server.url)
        asked = await first_kept(world)
        began = asyncio.get_running_loop().time()
        await world.apply(asked, position=1)
    assert asyncio.get_running_loop().time() - began > 4


async def test_a_first_step_is_proven_by_its_own_effect_where_health_answers_503(world: World) -> None:
    """M3, rule 5: many services answer 503 while they are degraded, and another fault is still there."""
    finished = iter(range(1000))

    async def moving(_: str, writer: asyncio.StreamWriter) -> None:
        await reply(200, MOVING % next(finished))("", writer)

    ill = {**orchestrator(moving), "/api/v1/health": reply(503, '{"status": "degraded"}')}
    mitigation = REGISTRY[MitigationName.SEQUENTIAL_SCHEDULING]
    async with strange(by_path(ill)) as server:
        world = with_second_step(world, server.url)
        case_at = await cases(world.database, world.profile, world.plan.incident_id)
        alone, followed = [
            await verify(mitigation, case_at, applied_at=utc_now(), window_seconds=3, others_follow=others_follow)
            for others_follow in (False, True)
        ]
    assert (alone.verdict, followed.verdict) == (Verdict.BAD, Verdict.OK)


async def test_what_cannot_be_measured_after_the_first_step_is_no_reason_to_leave_the_second_out(world: World) -> None:
    """Rule 4: unknown is not ok."""
    async with strange(target(reply(404, "{}"))) as server:
        world = with_second_step(world, server.url)
        row = await world.apply(await first_kept(world), position=1)
    assert row.state is LedgerState.VERIFYING


async def test_a_dry_run_goes_through_every_step_and_changes_nothing(world: World) -> None:
    dry = with_second_step(world, "http://127.0.0.1:9", dry_run=True)
    asked = await dry.asked()
    rows = [await dry.apply(asked, position=position) for position in (0, 1)]
    assert [row.state for row in rows] == [LedgerState.DRY_RUN, LedgerState.DRY_RUN]
    assert "SCHEDULING__BACKEND: async -> sequential" in rows[1].summary
    assert dry.target.applies == 0


async def engaged(world: World, approval_id: UUID, *, last_try: bool = True) -> str:
    """What became of the review."""
    return await engage_reviewer(world.database, world.profile, world.plan, REVIEW, approval_id, last_try=last_try)


async def told(world: World) -> list[tuple[Kind, str]]:
    """What the timeline says about it."""
    async with world.database.transaction() as connection:
        entries = await read(connection, world.plan.incident_id)
    return [(e.kind, e.summary) for _, e in entries if e.summary.startswith("M4")]


async def test_a_reviewer_is_engaged_once_whatever_is_replayed(world: World) -> None:
    """M4, rule 3."""
    answer = reply(200, '{"review_id": "r-7", "reviewer": "grace"}')
    async with strange(target(reply(200, STARVED), answer)) as server:
        world = with_second_step(world, server.url)
        asked = await world.asked()
        assert await engaged(world, asked) == "M4 review r-7 assigned to grace"
        assert await engaged(world, asked) == "M4 review r-7 assigned to grace", "a replay tells what became of it"
        assert server.asked == ["/api/v1/reviews/assign"]
        assert json.loads(server.bodies[0]) == REVIEW.model_dump()
    assert await told(world) == [(Kind.CHANGE, "M4 review r-7 assigned to grace")]


async def test_nobody_is_engaged_without_a_yes_to_this_plan(world: World) -> None:
    """M4, rule 1: it writes to the orchestrator, so it is asked for like every other change."""
    async with strange(target(reply(200, STARVED))) as server:
        world = with_second_step(world, server.url)
        with pytest.raises(ApprovalRefused):
            await engaged(world, await world.asked(yes=False))
        assert server.asked == []
    assert await told(world) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(404, '{"detail": "Not Found"}'), "answered 404"),
        (reply(401, "{}"), "answered 401"),
        (reply(200, "<html>log in</html>", "text/html"), "something else than documented"),
        (reply(200, '{"reviewer": "somebody else"}'), "the answer names 'somebody else'"),
        (reply(200, "{}"), "the answer names ''"),
        (reply(503, "busy"), "answered 503"),
    ],
)
async def test_a_review_that_was_not_assigned_is_trouble_and_stops_nothing(
    world: World, answer: Answering, words: str
) -> None:
    """M4, rule 7: said plainly, never raised."""
    async with strange(target(reply(200, STARVED), answer)) as server:
        world = with_second_step(world, server.url)
        assert words in await engaged(world, await world.asked())
    ((kind, summary),) = await told(world)
    assert kind is Kind.TROUBLE
    assert words in summary


async def test_a_hostile_answer_about_the_review_is_cut_and_kept(world: World) -> None:
    """M4, rule 8: NUL and a megabyte on the timeline would lose the response."""
    answer = reply(200, json.dumps({"review_id": "r\0" + "x" * 1_000_000, "reviewer": "grace"}))
    async with strange(target(reply(200, STARVED), answer)) as server:
        world = with_second_step(world, server.url)
        said = await engaged(world, await world.asked())
    assert said.startswith("M4 review r")
    assert len(said) < 300
    assert await told(world) == [(Kind.CHANGE, said)]


async def test_a_busy_orchestrator_is_asked_again_first(world: World) -> None:
    """M4."""
    async with strange(target(reply(200, STARVED), never)) as server:
        world = with_second_step(world, server.url)
        impatient = world.profile.orchestrator.model_copy(update={"timeout_seconds": 0.2})
        world = replace(world, profile=world.profile.model_copy(update={"orchestrator": impatient}))
        with pytest.raises(TransientError):
            await engaged(world, await world.asked(), last_try=False)
    assert await told(world) == []


async def test_a_dry_run_engages_nobody(world: World) -> None:
    """M4."""
    async with strange(target(reply(200, STARVED))) as server:
        world = with_second_step(world, server.url, dry_run=True)
        assert "dry run: would have assigned the review to grace" in await engaged(world, await world.asked())
        assert server.asked == []
