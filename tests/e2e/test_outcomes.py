"""What becomes of an incident, end to end on real parts: a real fault, its real alert, a person, a real redeploy."""

import re

import pytest
from prefect.client.schemas.objects import FlowRun

from steadyhand.domain.approval import ApprovalStatus, Decision, Gate
from steadyhand.domain.incident import Environment, Incident, IncidentRequest, IncidentStatus, Severity
from steadyhand.domain.outcome import LedgerState
from steadyhand.launcher import Launcher
from tests.e2e.rehearsed import World, fresh_code, until

pytestmark = pytest.mark.timeout(280)


async def test_planner_contract_violations_are_healed_by_disabling_the_planner_and_the_incident_closes(
    world: World,
) -> None:
    """T1, F1-F4, D1-D5, M2, E1-E4, C2: the whole runbook."""
    world.inject("planner-contract")
    incident = await world.incident()
    question = await world.question(incident, Gate.MITIGATION)
    assert (await world.deployment()).environment["PLANNING__ENABLED"] == "true", "changed before anybody said yes"
    await until("the waiting incident holds no process", 15, lambda: _holds_nothing(world))

    await world.decide(question, Decision.APPROVE)
    closed = await world.close(incident)

    assert (await world.deployment()).environment["PLANNING__ENABLED"] == "false"
    (change,) = await world.changes(incident)
    assert change.state is LedgerState.KEPT
    assert "the counter stopped: 0 contract failures" in change.summary
    assert closed.closed_at is not None
    told = await world.told(incident)
    for requirement in ("F2 ", "F3 ", "F4 ", "D1 ", "D2 ", "D3 ", "D4 ", "D5 ", "E1 ", "E2 ", "E3 ", "E4 ", "C2 "):
        assert requirement in told, f"nothing about {requirement} on the timeline"
    (summary,) = world.stage.profile.documents_root.glob("docs/daily-updates/*-incident.md")
    assert f"Incident {incident.short_id}" in summary.read_text()
    await until("the run completes", 30, lambda: _is(world, incident, "Completed"))


async def test_a_starved_queue_drains_after_the_switch_to_sequential_scheduling(world: World) -> None:
    """M3; and P2 through the form of the Prefect UI: a wrong code is refused and the gate stays open."""
    world.inject("queue-starvation")
    incident = await world.incident()
    question = await world.question(incident, Gate.MITIGATION)
    run_id = await world.run_id(incident)
    form = {"decision": "approve", "approver": world.stage.person, "code": "000000", "comment": "from the form"}
    async with world.prefect() as client:
        assert (await client.resume_flow_run(run_id, run_input=form)).status.value == "ACCEPT"

        async def refused() -> bool:
            return "refused: the code of" in await world.told(incident)

        await until("the wrong code is refused", 30, refused)
        assert (await world.question(incident, Gate.MITIGATION)).id == question.id
        form["code"] = await fresh_code(world)
        assert (await client.resume_flow_run(run_id, run_input=form)).status.value == "ACCEPT"
    approved = await world.answered(question)
    assert (approved.status, approved.decided_by, approved.via) == (
        ApprovalStatus.APPROVED,
        world.stage.person,
        "Prefect UI",
    )
    await world.status(incident, IncidentStatus.MONITORING, IncidentStatus.AWAITING_CLOSURE)
    assert (await world.deployment()).environment["SCHEDULING__BACKEND"] == "sequential"
    (change,) = await world.changes(incident)
    assert (change.state, change.step.requirement) == (LedgerState.KEPT, "M3")
    await world.close(incident)


async def test_a_rejected_plan_changes_nothing_and_says_so(world: World) -> None:
    """P2, rule 1."""
    world.inject("planner-contract")
    incident = await world.incident()
    before = await world.deployment()
    await world.decide(await world.question(incident, Gate.MITIGATION), Decision.REJECT)
    await world.question(incident, Gate.CLOSURE)
    assert (await world.deployment()).desired == before.desired
    assert await world.changes(incident) == ()
    assert f"Nothing was changed: the plan was rejected by {world.stage.person}" in await world.told(incident)


async def test_closing_is_refused_while_the_exit_criteria_are_unmet(world: World) -> None:
    """E4, rule 4: a yes to closure is not enough while the trouble goes on."""
    world.inject("planner-contract")
    incident = await world.incident()
    await world.decide(await world.question(incident, Gate.MITIGATION), Decision.REJECT)
    first = await world.question(incident, Gate.CLOSURE)
    await world.decide(first, Decision.APPROVE)

    async def told() -> bool:
        return "closure approved, but the exit criteria are" in await world.told(incident)

    await until("the incident stays open", 60, told)
    assert (await world.question(incident, Gate.CLOSURE)).id != first.id


async def test_an_expired_plan_changes_nothing_and_says_so(world: World) -> None:
    """P2, rule 1: silence is a no, and it is not called a rejection."""
    with world.profile_with("[approvals]\nmitigation_expires_seconds = 4\n"):
        world.inject("planner-contract")
        incident = await world.incident()
        before = await world.deployment()
        await world.question(incident, Gate.CLOSURE)
    assert (await world.deployment()).desired == before.desired
    assert await world.changes(incident) == ()
    assert "Nothing was changed: the plan was expired by nobody" in await world.told(incident)


async def test_a_run_killed_while_it_measures_goes_on_and_applies_nothing_twice(world: World) -> None:
    """Rule 3: SIGKILL of the run's process between applying and proving."""
    world.inject("planner-contract")
    incident = await world.incident()
    await world.decide(await world.question(incident, Gate.MITIGATION), Decision.APPROVE)

    async def verifying() -> bool:
        return any(c.state is LedgerState.VERIFYING for c in await world.changes(incident))

    await until("the change is being verified", 60, verifying)
    orchestrator = world.stage.site.actual()
    for process in world.engines():
        process.kill()
    await world.close(incident)
    (change,) = await world.changes(incident)
    assert change.state is LedgerState.KEPT
    assert world.stage.site.actual() == orchestrator, "it was deployed again"


async def test_a_person_starts_a_dry_run_by_hand_and_a_second_start_and_the_alert_join_it(world: World) -> None:
    """T2, P1, rule 6: the same gates, one incident, and nothing changed in the end."""
    request = IncidentRequest(
        environment=Environment.PRODUCTION,
        severity=Severity.HIGH,
        description="users see <b>failures</b>",
        service="orchestrator",
        dry_run=True,
        requested_by="kim",
    )
    async with Launcher(world.stage.profile.prefect) as launcher:
        await launcher.start_by_hand(request)
        incident = await world.incident()
        world.inject("planner-contract")
        second = await launcher.start_by_hand(request.model_copy(update={"requested_by": "lee"}))
    question = await world.question(incident, Gate.MITIGATION)
    assert "<b>" not in question.question
    assert "Dry run" in question.question
    await world.decide(question, Decision.APPROVE)
    await world.question(incident, Gate.CLOSURE)
    (change,) = await world.changes(incident)
    assert change.state is LedgerState.DRY_RUN
    assert (await world.deployment()).environment["PLANNING__ENABLED"] == "true"
    assert "lee started another run" in await world.told(incident)
    assert "PlannerContractFailures" in await world.told(incident)
    async with world.prefect() as client:
        run = await client.read_flow_run(second)
    assert run.state is not None
    assert run.state.name == "Completed"


async def test_the_schedules_look_at_every_open_incident(world: World) -> None:
    """C1, T3: status updates and exit checks go on while the master run waits."""
    world.inject("planner-contract")
    incident = await world.incident()
    await world.question(incident, Gate.MITIGATION)
    assert await _ran(world, "communication/communication") == "Completed"
    assert await _ran(world, "exit-criteria/exit-criteria") == "Completed"
    told = await world.told(incident)
    assert re.search(r"#ops-orchestrator: Incident .* awaiting approval, \d+ min since it started", told)
    assert "exit criteria unmet" in told
    chat = (world.stage.profile.state_dir / "chat.jsonl").read_text()
    assert "Mitigation: nothing changed so far" in chat
    async with world.prefect() as client:
        schedules = {d.name: bool(d.schedules) for d in await client.read_deployments()}
    assert schedules == {"incident": False, "exit-criteria": True, "communication": True, "doctor": True}


async def _ran(world: World, deployment: str) -> str:
    async with world.prefect() as client:
        found = await client.read_deployment_by_name(deployment)
        run = await client.create_flow_run_from_deployment(found.id)

        async def look() -> FlowRun | None:
            seen = await client.read_flow_run(run.id)
            return seen if seen.state and seen.state.is_final() else None

        ended = await until(f"{deployment} has ended", 60, look)
    return ended.state.name or "" if ended.state else ""


async def _is(world: World, incident: Incident, name: str) -> bool:
    return await world.run_state(incident) == name


async def _holds_nothing(world: World) -> bool:
    return not world.engines()
