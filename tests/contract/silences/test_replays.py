"""Set twice, killed in between, ended by hand, and an Alertmanager that is away or lies (rules 3 and 7)."""

import json
from dataclasses import replace

import pytest

from steadyhand.clients import silences
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind
from steadyhand.errors import TransientError
from steadyhand.silencing.wish import wish
from steadyhand.stack.ports import LOOPBACK, free_port
from tests.contract.silences.world import World, approved
from tests.contract.target.strange import Answering, by_path, drip, never, reply, strange
from tests.e2e.rehearsed import until
from tests.unit.made import planner_off


async def test_a_replay_sets_none_a_second_time(world: World) -> None:
    """Rule 3."""
    await world.has("PlannerFailures")
    await world.silence()
    (first,) = await world.standing()
    await world.silence()
    assert await world.standing() == (first,)
    assert len(await world.lines()) == 1


async def test_one_that_a_killed_run_set_without_a_word_is_found_again(world: World) -> None:
    """Rule 3: SIGKILL between Alertmanager's answer and the line on the timeline."""
    await world.has("PlannerFailures")
    silence_id = await silences.add(world.settings, wished(world))
    await world.silence()
    (standing,) = await world.standing()
    assert standing.id == silence_id
    (line,) = await world.lines()
    assert line.detail["silence"] == silence_id
    assert line.detail["ends_at"] == standing.ends_at.isoformat()


def wished(world: World) -> silences.Wanted:
    """What a run asks Alertmanager for."""
    alert = world.placed(world.labels("PlannerFailures"))
    return wish(world.profile, world.incident, world.plan, world.approval, [alert], utc_now())


async def test_a_resumed_run_removes_what_a_killed_one_left_whether_or_not_it_was_told(world: World) -> None:
    """Rule 3."""
    await world.has("PlannerFailures")
    silence_id = await silences.add(world.settings, wished(world))
    await world.remove()
    assert await world.silent() == set()
    (line,) = await world.lines()
    assert line.summary.startswith(f"silence {silence_id} removed, was to stand until ")


async def test_what_was_set_is_removed_although_the_profile_wishes_none_any_more(world: World) -> None:
    """Somebody edits the profile while the run is suspended or dead."""
    await world.has("PlannerFailures")
    await world.silence()
    await world.with_alertmanager(silence_seconds=None).remove()
    assert await world.silent() == set()


async def test_removing_twice_is_told_once(world: World) -> None:
    """Rule 3."""
    await world.has("PlannerFailures")
    await world.silence()
    await world.remove()
    await world.remove()
    assert [line.kind for line in await world.lines()] == [Kind.PHASE, Kind.PHASE]


async def test_one_that_a_person_ended_is_neither_set_again_nor_missed(world: World) -> None:
    """They wish to hear; a replay of the run must not overrule them."""
    await world.has("PlannerFailures")
    await world.silence()
    (silence,) = await world.standing()
    await silences.expire(world.settings, silence)
    await world.silence()
    assert await world.standing() == ()
    await world.remove()
    set_once, gone = await world.lines()
    assert set_once.detail["silence"] == silence.id
    assert (gone.kind, gone.summary) == (Kind.PHASE, f"silence {silence.id} had ended already")


async def test_one_that_nobody_removes_ends_by_itself(world: World) -> None:
    """A run that is killed and never comes back leaves no deaf Alertmanager."""
    quick = [step.model_copy(update={"verify_window_seconds": 0.5}) for step in world.plan.steps]
    plan = world.plan.model_copy(update={"steps": tuple(quick)})
    world = replace(world, plan=plan, approval=await approved(world.database, plan)).with_alertmanager(
        silence_seconds=2
    )
    await world.has("PlannerFailures")
    await world.silence()
    assert await world.silent() == {"PlannerFailures"}
    assert await until("it is heard again", 10, world.heard) == {"PlannerFailures"}
    assert await world.standing() == ()


async def test_the_next_plan_of_the_incident_has_one_of_its_own(world: World) -> None:
    """Another generation, with another yes."""
    await world.has("PlannerFailures")
    await world.silence()
    await world.remove()
    plan = planner_off(world.profile, world.incident.id, generation=2)
    again = replace(world, plan=plan, approval=await approved(world.database, plan))
    await again.silence()
    assert await world.silent() == {"PlannerFailures"}
    await again.remove()
    assert await world.silent() == set()
    assert len(await world.lines()) == 4


PAGE = reply(200, "<html><title>Log in</title></html>", "text/html")
STRANGE: list[tuple[Answering, str]] = [
    (never, "no whole answer within"),
    (drip, "no whole answer within"),
    (PAGE, "an HTML page, Log in"),
    (reply(401, "who are you?"), "answered 401"),
    (reply(302, "", headers={"Location": "http://192.0.2.1/"}), "answered 302"),
    (reply(503, "busy"), "answered 503"),
    (reply(200, '{"status": "success"}'), "something else than documented"),
    (reply(200, '[{"id": "1"}]'), "something else than documented"),
]


@pytest.mark.parametrize(("answer", "words"), STRANGE)
async def test_an_alertmanager_that_does_not_help_is_one_line_of_trouble(
    world: World, answer: Answering, words: str
) -> None:
    """Rule 7: said once, whatever is replayed, and never raised in the end."""
    await world.has("PlannerFailures")
    async with strange(answer) as server:
        deaf = world.with_alertmanager(url=server.url, timeout_seconds=0.3)
        for _ in range(2):
            await deaf.silence()
            await deaf.remove()
    (line,) = await world.lines()
    assert line.kind is Kind.TROUBLE
    assert "its alerts could not be silenced, which nothing waits for" in line.summary
    assert words in line.summary


async def test_one_that_is_away_is_asked_again_first(world: World) -> None:
    """Prefect's retries are the one retry layer."""
    await world.has("PlannerFailures")
    away = world.with_alertmanager(url=f"http://{LOOPBACK}:{free_port()}")
    with pytest.raises(TransientError, match="failed"):
        await away.silence(last_try=False)
    await away.remove(last_try=False)
    assert await world.lines() == []
    await world.silence()
    assert await world.silent() == {"PlannerFailures"}


async def test_one_that_goes_away_before_the_removal_is_one_line_that_names_the_end(world: World) -> None:
    """Rule 7: the person reads until when nothing will be heard."""
    await world.has("PlannerFailures")
    await world.silence()
    (silence,) = await world.standing()
    away = world.with_alertmanager(url=f"http://{LOOPBACK}:{free_port()}")
    with pytest.raises(TransientError):
        await away.remove(last_try=False)
    await away.remove()
    await away.remove()
    _, trouble = await world.lines()
    assert trouble.kind is Kind.TROUBLE
    assert f"{silence.id} for PlannerFailures until {silence.ends_at:%Y-%m-%d %H:%M:%S} UTC" in trouble.summary
    assert "ends by itself" in trouble.summary


async def test_a_removal_that_is_accepted_and_not_done_is_not_believed(world: World) -> None:
    """Rule 5: proof, not exit codes; a login page answers 200, too."""
    shown = [entry(world, "77aa")]
    answers = {"/api/v2/silences": reply(200, json.dumps(shown)), "/api/v2/silence/77aa": PAGE}
    await world.has("PlannerFailures")
    async with strange(by_path(answers)) as server:
        lying = world.with_alertmanager(url=server.url)
        await lying.silence()
        with pytest.raises(TransientError, match="shows the silence all the same"):
            await lying.remove(last_try=False)
        await lying.remove()
        assert server.asked.count("/api/v2/silence/77aa") == 2
    assert [line.kind for line in await world.lines()] == [Kind.PHASE, Kind.TROUBLE]


@pytest.mark.parametrize("hostile", ["../../-/quit", "a/b", "a?b", "a b", "", "x" * 101, 7])
async def test_an_id_that_is_none_never_becomes_a_path(world: World, hostile: object) -> None:
    """Rule 8: whoever can write to Alertmanager does not choose what is deleted."""
    await world.has("PlannerFailures")
    async with strange(reply(200, json.dumps([entry(world, hostile)]))) as server:
        lying = world.with_alertmanager(url=server.url)
        await lying.silence()
        await lying.remove()
        assert set(server.asked) == {"/api/v2/silences"}
    assert [line.kind for line in await world.lines()] == [Kind.TROUBLE]


def entry(world: World, silence_id: object) -> dict[str, object]:
    """A silence as Alertmanager would show it."""
    return {
        "id": silence_id,
        "status": {"state": "active"},
        "createdBy": "steadyhand",
        "comment": f"steadyhand incident {world.incident.id}: x",
        "endsAt": "2030-01-01T00:00:00.000Z",
        "startsAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "matchers": [],
    }


async def test_more_names_than_a_silence_should_hold_are_not_silenced(world: World) -> None:
    """A storm of 101 rules is more than one mitigation explains; the timeline says so."""
    await world.keep(*(world.labels(f"Rule{number}") for number in range(101)))
    await world.silence()
    assert await world.standing() == ()
    (line,) = await world.lines()
    assert line.kind is Kind.TROUBLE
    assert "their 101 names are more than one silence should hold" in line.summary


async def test_names_of_many_kilobytes_are_told_in_short(world: World) -> None:
    """Rule 8."""
    await world.has("A" * 4000, *(f"Rule{number:02}" for number in range(20)))
    await world.silence()
    assert len(await world.silent()) == 21
    (line,) = await world.lines()
    assert len(line.summary) < 400
