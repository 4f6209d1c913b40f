"""The rehearsals of scenarios.py, end to end on real parts."""

import time
from pathlib import Path

import pytest

from steadyhand.domain.approval import ApprovalStatus, Decision, Gate
from steadyhand.domain.incident import Incident, IncidentStatus
from steadyhand.domain.timeline import Kind
from steadyhand.rehearsal import faults
from tests.e2e.rehearsed import World, until
from tests.e2e.scenarios import SCENARIOS, Scenario, document

pytestmark = pytest.mark.timeout(290)
_RESTS = (IncidentStatus.MONITORING, IncidentStatus.NEEDS_PERSON, IncidentStatus.AWAITING_CLOSURE)


def test_there_are_at_least_ten_and_the_document_lists_them() -> None:
    assert len(SCENARIOS) >= 10
    assert (Path(__file__).parents[2] / "docs/rehearsals.md").read_text() == document(), "run `make docs`"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
async def test_a_rehearsal_ends_as_it_must(
    scenario: Scenario, world: World, results: list[tuple[str, str, float]]
) -> None:
    """F3-F5, D1-D7, M1-M4, E1-E4: findings, plan and end state of each."""
    began = time.monotonic()
    with world.profile_with(scenario.profile):
        incident = await _investigated(scenario, world)
        await _decided(scenario, world, incident)
        await _as_planned(scenario, world, incident)
        await _ended(scenario, world, incident)
    results.append((scenario.name, scenario.end, time.monotonic() - began))


async def _investigated(scenario: Scenario, world: World) -> Incident:
    """The incident, open; nobody looks before everything has happened that must have."""
    with world.paused("prefect-worker"):
        world.inject(*scenario.faults)
        incident = await world.incident()
        await scenario.opened(world, incident)
    return incident


async def _decided(scenario: Scenario, world: World, incident: Incident) -> None:
    async def asked_or_handed_over() -> bool:
        asked = await world.approvals(incident)
        return bool(asked) or (await world.status_now(incident)) in _RESTS

    await until("there is a plan", 150, asked_or_handed_over)
    if await world.approvals(incident):
        question = await world.question(incident, Gate.MITIGATION)
        await scenario.asked(world, incident)
        await world.decide(question, scenario.decision)
        await scenario.decided(world, incident)
    else:
        assert scenario.plan == (), await world.told(incident)
        assert scenario.reviewer is not True
    await world.status(incident, *_RESTS, seconds=150)


async def _as_planned(scenario: Scenario, world: World, incident: Incident) -> None:
    entries = await world.timeline(incident)
    told = "\n".join(entry.summary for entry in entries)
    seen = {e.actor: e.detail["verdict"] for e in reversed(entries) if e.kind is Kind.FINDING}
    assert {probe: seen.get(probe) for probe in scenario.findings} == scenario.findings, told
    assert tuple(c.step.requirement for c in await world.changes(incident)) == scenario.plan[: len(scenario.outcomes)]
    for line in scenario.plan:
        assert f"{line} " in next(e.summary for e in entries if e.kind is Kind.PLAN)
    assert tuple(c.state for c in await world.changes(incident)) == scenario.outcomes, told


async def _ended(scenario: Scenario, world: World, incident: Incident) -> None:
    deployment = await world.deployment()
    found = {"release": deployment.release, **deployment.environment}
    assert {name: found[name] for name in scenario.deployed} == scenario.deployed
    question = await world.question(incident, Gate.CLOSURE)
    told = await world.told(incident)
    for words in scenario.told:
        assert words in told
    if scenario.mended:
        faults.clear(world.stage.site)
    if scenario.closes:
        await world.recovered()
        await until("the levels are back to baseline", 60, world.levels_are_back)
    await world.decide(question, Decision.APPROVE)
    if scenario.closes:
        await world.status(incident, IncidentStatus.CLOSED)
    else:
        assert (await world.answered(question)).status is ApprovalStatus.APPROVED
        await until("the incident stays open", 90, lambda: _stays_open(world, incident))


async def _stays_open(world: World, incident: Incident) -> bool:
    return "closure approved, but the exit criteria are unmet" in await world.told(incident)
