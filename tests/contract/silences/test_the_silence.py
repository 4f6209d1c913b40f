"""The silence of a mitigation in a real Alertmanager: which alerts, how long, by whom, and for which plans."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from steadyhand.domain.incident import Environment
from steadyhand.domain.plan import Plan, Review
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind
from steadyhand.profile import Alertmanager, EnvironmentProfile, Intake
from tests.contract.silences.world import World, approved
from tests.contract.target.strange import reply, strange
from tests.unit.made import planner_off

HOSTILE = (
    'a"b',
    "a'b",
    "a\\",
    "a\nb",
    "a,b",
    "\u2028",
    "a b\tc",
    "x#y&z~w-v",
    ".*",
    ".+",
    "^a$",
    "Foo|Bar",
    "a{2}",
    "(",
    "[a-z]",
    "a?b+",
    r"\Qa\E",
    r"\d",
    "(?i)foo",
    "$(reboot)`id`",
    "{{ .Labels }}",
    "ünï",
)
DECOYS = ("a", "aa", "b", "Foo", "FOO", "Bar", "z", "7", "Plain2", "xPlain", "Plain\n")


async def test_the_incidents_own_alerts_are_silent_and_no_others_until_it_is_removed(world: World) -> None:
    """Another name, another service and another environment go on being heard."""
    await world.has("PlannerFailures", "QueueStarved")
    await world.fire(
        world.labels("PlannerFailuresElsewhere"),
        world.labels("Planner"),
        world.labels("PlannerFailures", which="another service", service=f"{world.incident.service}-2"),
        world.labels("PlannerFailures", which="another environment", environment="staging"),
        world.labels("PlannerFailures", which="without a service", service=""),
    )
    await world.silence()
    assert await world.silent() == {"PlannerFailures", "QueueStarved"}
    assert len(await world.heard()) == 5
    await world.remove()
    assert await world.silent() == set()
    assert len(await world.heard()) == 7
    assert await world.standing() == ()


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_silences_itself_and_nothing_else(world: World, name: str) -> None:
    """Rule 8: alone, and as one of several, where it stands in an expression."""
    await world.has(name)
    await world.fire(*(world.labels(decoy) for decoy in (*DECOYS, f"{name}x", f"x{name}")))
    await world.silence()
    assert await world.silent() == {name}
    await world.remove()
    await world.has("Plain")
    again = replace(world, approval=await approved(world.database, other_plan(world)), plan=other_plan(world))
    await again.silence()
    assert await world.silent() == {name, "Plain"}


async def test_many_hostile_names_stand_in_one_silence(world: World) -> None:
    """Rule 8."""
    await world.has(*HOSTILE)
    await world.fire(*(world.labels(decoy) for decoy in DECOYS))
    await world.silence()
    assert await world.silent() == set(HOSTILE)
    assert await world.heard() == set(DECOYS)
    assert len(await world.standing()) == 1


def other_plan(world: World) -> Plan:
    """The next generation's."""
    return planner_off(world.profile, world.incident.id, generation=2)


async def test_alertmanager_shows_whose_silence_it_is_what_is_done_who_approved_it_and_when_it_ends(
    world: World,
) -> None:
    """Its own comment and expiry."""
    await world.has("PlannerFailures")
    before = utc_now()
    await world.silence()
    (silence,) = await world.standing()
    assert silence.created_by == "steadyhand"
    assert silence.comment == (
        f"steadyhand incident {world.incident.id}: M2 disable-planner is carried out, approved by ada via test"
    )
    window = timedelta(seconds=600)
    assert before + window - timedelta(seconds=1) <= silence.ends_at <= utc_now() + window
    (line,) = await world.lines()
    assert line.kind is Kind.PHASE
    assert f"silence {silence.id} for PlannerFailures until {silence.ends_at:%Y-%m-%d %H:%M:%S} UTC" in line.summary


async def test_it_is_never_shorter_than_the_window_in_which_the_change_is_proven(world: World) -> None:
    world = world.with_alertmanager(silence_seconds=1)
    await world.has("PlannerFailures")
    before = utc_now()
    await world.silence()
    (silence,) = await world.standing()
    assert silence.ends_at >= before + timedelta(seconds=world.plan.steps[0].verify_window_seconds - 1)


async def test_an_environment_that_is_called_otherwise_in_the_alerts_is_silenced_by_that_name(world: World) -> None:
    """`intake.environment_names`: what the intake takes for this environment's is this environment's."""
    intake = Intake.model_validate({"environment_names": {"prod": "production"}})
    world = replace(world, profile=world.profile.model_copy(update={"intake": intake}))
    await world.has("PlannerFailures")
    await world.has("PlannerFailures", which="by its other name", environment="prod")
    await world.fire(world.labels("PlannerFailures", which="unknown", environment="pro"))
    await world.silence()
    assert await world.silent() == {"PlannerFailures", "by its other name"}


@pytest.mark.parametrize("label", ["service", "environment", "alertname"])
async def test_alerts_that_do_not_say_whose_they_are_are_not_silenced_and_the_timeline_says_so(
    world: World, label: str
) -> None:
    """Rule 8: a silence without that label would cover others' alerts. The intake's default does not help here."""
    defaults = Intake(default_service=world.incident.service)
    world = replace(world, profile=world.profile.model_copy(update={"intake": defaults}))
    nameless = {name: value for name, value in world.labels("Odd").items() if name != label}
    await world.fire(nameless)
    await world.keep(nameless)
    await world.silence()
    assert await world.standing() == ()
    (line,) = await world.lines()
    assert line.kind is Kind.TROUBLE
    assert "none of them has a name and the labels environment and service" in line.summary


async def test_only_the_alertmanager_of_the_incidents_environment_is_asked(world: World) -> None:
    async with strange(reply(200, "[]")) as other:
        own = EnvironmentProfile(alertmanager=world.profile.alertmanager)
        shared = Alertmanager(url=other.url, silence_seconds=60)
        changes: dict[str, Any] = {"alertmanager": shared, "environments": {Environment.PRODUCTION: own}}
        world = replace(world, profile=world.profile.model_copy(update=changes))
        await world.has("PlannerFailures")
        await world.silence()
        assert await world.silent() == {"PlannerFailures"}
        await world.remove()
        assert await world.silent() == set()
        assert other.asked == []


@pytest.mark.parametrize("seconds", [None, 0])
async def test_nothing_is_silenced_and_nobody_is_asked_unless_the_profile_wishes_it(
    world: World, seconds: float | None
) -> None:
    """Off by default."""
    assert Alertmanager().silence_seconds is None
    await world.has("PlannerFailures")
    await nobody_is_asked(world, silence_seconds=seconds)


async def test_a_dry_run_silences_nothing(world: World) -> None:
    plan = planner_off(world.profile, world.incident.id, dry_run=True)
    await world.has("PlannerFailures")
    await nobody_is_asked(replace(world, plan=plan, approval=await approved(world.database, plan)))


async def test_a_plan_that_only_engages_a_reviewer_silences_nothing(world: World) -> None:
    """M4: an escalation never needs it."""
    review = Review(reviewer="grace", reason="it goes on", idempotency_key="k")
    plan = Plan.model_validate(world.plan.model_dump() | {"steps": (), "review": review})
    await world.has("PlannerFailures")
    await nobody_is_asked(replace(world, plan=plan, approval=await approved(world.database, plan)))


async def nobody_is_asked(world: World, **changes: object) -> None:
    """Setting and removing leave no line and reach no Alertmanager."""
    async with strange(reply(200, "[]")) as server:
        world = world.with_alertmanager(url=server.url, **changes)
        await world.silence()
        await world.remove()
        assert server.asked == []
    assert await world.lines() == []


async def test_an_incident_without_alerts_has_nothing_to_silence(world: World) -> None:
    """T2: a person started it."""
    await world.silence()
    await world.remove()
    assert await world.standing() == ()
    assert await world.lines() == []


async def test_a_yes_to_another_plan_silences_nothing(world: World) -> None:
    """Rule 1: and the mitigation itself will refuse."""
    await world.has("PlannerFailures")
    await replace(world, plan=other_plan(world)).silence()
    assert await world.standing() == ()
    (line,) = await world.lines()
    assert "is no yes to this plan" in line.summary


async def test_the_silences_of_others_stay(world: World) -> None:
    """One of a person, one of another incident, and a person's that quotes ours."""
    await world.has("PlannerFailures")
    mark = f"steadyhand incident {world.incident.id}:"
    theirs = [
        ("ada", "known"),
        ("ada", f"{mark} not yet"),
        ("steadyhand", "steadyhand incident 1: x"),
        ("steadyhand", f"see {mark}"),
    ]
    ids = [await of_a_person(world, *each) for each in theirs]
    await world.silence()
    await world.remove()
    async with httpx.AsyncClient() as http:
        every = (await http.get(f"{world.settings.url}/api/v2/silences")).json()
    assert {s["id"]: s["status"]["state"] for s in every if s["id"] in ids} == dict.fromkeys(ids, "active")


async def of_a_person(world: World, author: str, comment: str) -> str:
    """The id of a silence that somebody set by hand."""
    now = utc_now()
    body = {
        "matchers": [{"name": "case", "value": world.incident.service, "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": author,
        "comment": comment,
    }
    async with httpx.AsyncClient() as http:
        answer = (await http.post(f"{world.settings.url}/api/v2/silences", json=body)).raise_for_status()
    return str(answer.json()["silenceID"])
