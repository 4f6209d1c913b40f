"""Closure: the summary (C2), and the weekly operations sync's yes (E4)."""

from itertools import count

from flows.approval import pass_gate
from flows.exit_criteria import exit_criteria
from steadyhand.domain.evidence import Evidence
from steadyhand.domain.exit_criteria import ExitCheck, ExitState
from steadyhand.domain.incident import Incident, IncidentStatus
from steadyhand.domain.outcome import MitigationResult
from steadyhand.domain.timeline import Kind
from steadyhand.telling import closure_question
from tasks.announce import announce
from tasks.approval import ask_for_closure
from tasks.closure import close_incident, write_summary
from tasks.exit_check import Patience
from tasks.note import note


async def closure(incident: Incident, evidence: Evidence, result: MitigationResult, evaluated: ExitCheck) -> str:
    """How it ended. The incident is closed only with a yes *and* criteria that are met when the yes is there.

    Not a subflow: only the master run can be suspended.
    """
    for attempt in count(1):
        path = await write_summary(incident, evidence, result, evaluated)
        question = await ask_for_closure(incident, attempt, closure_question(incident, evaluated, path))
        await note(
            incident,
            Kind.PHASE,
            "waiting for the weekly operations sync",
            once="closure",
            status=IncidentStatus.AWAITING_CLOSURE if result.healed else None,
        )
        approval = await pass_gate(question)
        if not approval.granted:
            return await _stays_open(incident, f"closure {approval.status} by {approval.decided_by}", attempt)
        evaluated = await exit_criteria(incident, Patience())
        if evaluated.state is ExitState.MET:
            break
        await _stays_open(incident, f"closure approved, but the exit criteria are {evaluated.state}", attempt)
    closed = await close_incident(incident.id, str(approval.decided_by))
    await write_summary(incident, evidence, result, evaluated)
    await announce(incident, f"Closed: incident {closed.title}, approved by {approval.decided_by}.", once="closed")
    return f"closed, approved by {approval.decided_by}"


async def _stays_open(incident: Incident, why: str, attempt: int) -> str:
    told = f"The incident stays open: {why}."
    await note(incident, Kind.PHASE, told, once=f"stays open {attempt}")
    await announce(incident, told, once=f"stays open {attempt}")
    return told
