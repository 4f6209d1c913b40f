"""The master incident flow: the runbook from the first five minutes to closure (P1, P2, T1, T2)."""

from typing import Annotated
from uuid import UUID

from prefect import flow
from pydantic import Field

from flows.approval import pass_gate
from flows.closure import closure
from flows.diagnostics import diagnostics
from flows.exit_criteria import exit_criteria
from flows.first_five_minutes import first_five_minutes
from flows.mitigation import mitigation
from steadyhand.domain.approval import Approval
from steadyhand.domain.incident import Environment, Focus, Incident, IncidentRequest, IncidentStatus, Severity
from steadyhand.domain.timeline import Kind
from tasks.announce import announce
from tasks.approval import ask_for_plan
from tasks.decide import Proposal, propose
from tasks.exit_check import exit_patience
from tasks.note import note
from tasks.open_incident import open_incident


@flow(
    name="incident",
    flow_run_name="incident in {environment}: {severity}",
    persist_result=True,
    result_serializer="json",
    retries=2,
    retry_delay_seconds=10,
)
async def respond(
    environment: Annotated[
        Environment, Field(title="Environment", description="Where the orchestrator is in trouble.")
    ],
    severity: Annotated[
        Severity, Field(title="Severity", description="critical: users cannot work. info: nobody noticed yet.")
    ],
    description: Annotated[
        str,
        Field(
            title="What is wrong?",
            description="One or two sentences, as you would say them in the channel.",
            min_length=1,
            max_length=4000,
        ),
    ],
    focus: Annotated[
        Focus,
        Field(
            title="What to look at",
            description="Leave it at everything unless you know better: the branches run side by side anyway.",
        ),
    ] = Focus.EVERYTHING,
    dry_run: Annotated[
        bool,
        Field(
            title="Dry run",
            description="Gather evidence, plan and ask for approval as usual, but change nothing in the end.",
        ),
    ] = False,
    requested_by: Annotated[
        str, Field(title="Your name", description="Written on the timeline.", min_length=1, max_length=200)
    ] = "someone in the Prefect UI",
    service: Annotated[
        str,
        Field(title="Service", description="One incident is open at a time for each environment and service."),
    ] = "orchestrator",
    incident_id: Annotated[
        UUID | None,
        Field(title="Existing incident", description="Leave this empty: alerts fill it in, and by hand it is found."),
    ] = None,
) -> str:
    """Work the runbook *Orchestrator Incident Response* for one incident.

    Steadyhand gathers the evidence (F1-F4, D1-D5), says what it thinks is wrong, proposes a change and **waits for a
    person's yes**. It applies the change (M1-M3), measures whether it helped, puts things back if not, watches the exit
    criteria (E1-E3), writes the summary (C2) and waits for the weekly operations sync to close the incident (E4).

    Nothing is changed without an approval. If an incident is open already for the environment and service, this run
    joins it: it says so and stops.
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
    proposal = await propose(incident, evidence)
    await _tell(incident, proposal)
    approval = await _decided(incident, proposal)
    result = await mitigation(incident, proposal.plan, approval)
    patience = await exit_patience(patient=result.healed)
    evaluated = await exit_criteria(incident, patience)
    return await closure(incident, evidence, result, evaluated)


async def _tell(incident: Incident, proposal: Proposal) -> None:
    plan = proposal.plan
    steps = "; ".join(f"{s.requirement} {s.mitigation}" for s in plan.steps) or plan.advice
    await note(incident, Kind.DIAGNOSIS, proposal.diagnosis.summary, once="diagnosis")
    await note(incident, Kind.PLAN, f"plan {plan.digest[:12]}: {steps}", once="plan")
    await announce(incident, f"Diagnosis: {proposal.diagnosis.summary}. Plan: {steps}", once="plan")


async def _decided(incident: Incident, proposal: Proposal) -> Approval | None:
    """The decision on the plan, or None when there is nothing to decide."""
    if not proposal.plan.steps:
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
