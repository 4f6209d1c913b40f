"""The master incident flow: the runbook from the first five minutes to closure (P1, P2, T1, T2)."""

from typing import Annotated
from uuid import UUID

from prefect import flow
from pydantic import Field

from flows.approval import pass_gate
from flows.closure import closure
from flows.diagnosis import diagnosis_and_plan
from flows.diagnostics import diagnostics
from flows.exit_criteria import exit_criteria
from flows.first_five_minutes import first_five_minutes
from flows.mitigation import engage_person, mitigation
from steadyhand.domain.approval import Approval
from steadyhand.domain.exit_criteria import ExitState
from steadyhand.domain.incident import Environment, Focus, Incident, IncidentRequest, IncidentStatus, Severity
from steadyhand.domain.timeline import Kind
from tasks.approval import ask_for_plan
from tasks.decide import Proposal
from tasks.exit_check import exit_patience
from tasks.note import note
from tasks.open_incident import open_incident


def _titled(title: str) -> object:
    """The label of a field in the Prefect UI's form; its help text is the docstring's."""
    return Field(json_schema_extra={"title": title})


@flow(
    name="incident",
    flow_run_name="incident in {environment}: {severity}",
    persist_result=True,
    result_serializer="json",
    retries=2,
    retry_delay_seconds=10,
)
async def respond(
    environment: Annotated[Environment, _titled("Which environment?")],
    severity: Annotated[Severity, _titled("How severe?")],
    description: Annotated[str, _titled("What is wrong?"), Field(min_length=1, max_length=4000)],
    focus: Annotated[Focus, _titled("What to look at")] = Focus.EVERYTHING,
    dry_run: Annotated[bool, _titled("Dry run")] = False,
    requested_by: Annotated[
        str, _titled("Your name"), Field(min_length=1, max_length=200)
    ] = "someone in the Prefect UI",
    service: Annotated[str, _titled("Service"), Field(min_length=1, max_length=200)] = "orchestrator",
    incident_id: Annotated[UUID | None, _titled("Existing incident")] = None,
) -> str:
    """Work the runbook *Orchestrator Incident Response* for one incident.

    Steadyhand gathers the evidence (F1-F5, D1-D7), says what it thinks is wrong, proposes a change and **waits for a
    person's yes**. It applies the change (M1-M4), measures whether it helped, puts things back if not, watches the exit
    criteria (E1-E3), writes the summary (C2) and waits for the weekly operations sync to close the incident (E4).

    Nothing is changed without an approval. If an incident is open already for the environment and service, this run
    joins it: it says so and stops.

    Args:
        environment: Where the orchestrator is in trouble.
        severity: critical: users cannot work. info: nobody has noticed yet.
        description: One or two sentences, as you would say them in the channel.
        focus: Leave it at everything unless you know better; the branches run side by side anyway.
        dry_run: Gather evidence, plan and ask for approval as usual, but change nothing in the end.
        requested_by: Written on the timeline.
        service: One incident is open at a time for each environment and service.
        incident_id: Leave this empty. Alerts fill it in; a run started by hand finds its incident itself.
    """
    request = IncidentRequest(
        environment=environment,
        severity=severity,
        description=description,
        service=service,
        focus=focus,
        dry_run=dry_run,
        requested_by=requested_by,
    )
    opened = await open_incident(request, incident_id)
    incident = opened.incident
    if not opened.ours:
        return f"joined incident {incident.title}; run {incident.flow_run_id} works on it"
    evidence = await first_five_minutes(incident)
    evidence = evidence.plus((await diagnostics(incident)).findings)
    proposal = await diagnosis_and_plan(incident, evidence)
    approval = await _decided(incident, proposal)
    result = await mitigation(incident, proposal.plan, approval)
    patience = await exit_patience(patient=result.healed)
    evaluated = await exit_criteria(incident, patience)
    if evaluated.state is not ExitState.MET:
        await engage_person(incident, proposal.plan, approval)
    return await closure(incident, evidence, result, evaluated)


async def _decided(incident: Incident, proposal: Proposal) -> Approval | None:
    """The decision on the plan, or None when there is nothing to decide."""
    if not proposal.plan.asks:
        return None
    asked = await ask_for_plan(incident, proposal.plan, proposal.question)
    await note(
        incident,
        Kind.PHASE,
        "waiting for a person's decision",
        once="gate",
        status=IncidentStatus.AWAITING_APPROVAL,
    )
    return await pass_gate(asked)
