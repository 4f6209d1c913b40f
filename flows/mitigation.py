"""Mitigation: apply what was approved, prove it, keep it or put things back; else engage a person (M1-M4)."""

from flows.phase import phase
from steadyhand.domain.approval import Approval
from steadyhand.domain.incident import Incident, IncidentStatus
from steadyhand.domain.outcome import MitigationResult, Outcome
from steadyhand.domain.plan import Plan
from steadyhand.domain.timeline import Kind
from steadyhand.errors import PermanentError
from tasks.announce import announce
from tasks.change import apply_change, settle_change, verify_change
from tasks.engage import engage_reviewer
from tasks.note import note
from tasks.silence import remove_silence, silence_alerts


@phase("mitigation")
async def mitigation(incident: Incident, plan: Plan, approval: Approval | None) -> MitigationResult:
    """The steps of the approved plan, one at a time; the first that is not proven ends it, undone.

    Where that has not healed it, the plan's reviewer is engaged at once (M4); else when the exit criteria stay unmet.
    """
    if approval is None:
        return await _handed_over(incident, plan.advice)
    if not approval.granted:
        return await _handed_over(
            incident, f"Nothing was changed: the plan was {approval.status} by {approval.decided_by}."
        )
    try:
        return await _worked(incident, plan, approval)
    finally:
        # After the escalation, which waits for no Alertmanager; and however this ends, the alerts are heard again.
        await remove_silence(incident, plan, approval.id)


async def engage_person(incident: Incident, plan: Plan, approval: Approval | None) -> str:
    """The plan's reviewer is engaged, once, if it names one and was approved; what became of it, in words (M4)."""
    if plan.review is None or approval is None or not approval.granted:
        return ""
    engaged = await engage_reviewer(plan, plan.review, approval.id)
    await announce(incident, engaged, once="reviewer")
    return f"{engaged}."


async def _worked(incident: Incident, plan: Plan, approval: Approval) -> MitigationResult:
    """The change is kept and the exit criteria are watched, or the incident is in a person's hands."""
    result = await _carried_out(incident, plan, approval) if plan.steps else MitigationResult(decision=plan.advice)
    if result.healed:
        told, status = "mitigation kept, watching the exit criteria", IncidentStatus.MONITORING
        await note(incident, Kind.PHASE, told, once="mitigation over", status=status)
        return result
    engaged = await engage_person(incident, plan, approval)
    return await _handed_over(incident, f"{result.decision} {engaged}".rstrip(), result.outcomes)


async def _carried_out(incident: Incident, plan: Plan, approval: Approval) -> MitigationResult:
    """The steps that were tried, and why it ended there."""
    told = f"mitigation, approved by {approval.decided_by}"
    await note(incident, Kind.PHASE, told, once="mitigation", status=IncidentStatus.MITIGATING)
    await silence_alerts(incident, plan, approval.id)
    decision = f"Approved by {approval.decided_by} via {approval.via}."
    outcomes: list[Outcome] = []
    for position in range(len(plan.steps)):
        try:
            row = await apply_change(plan, position, approval.id)
        except PermanentError as refusal:
            decision = f"{decision} Nothing more was changed: {refusal}."
            # A step that was not tried has not healed anything, whatever the steps before it did.
            return MitigationResult(decision=decision, outcomes=tuple(outcomes), complete=False)
        outcome = await settle_change(await verify_change(row))
        outcomes.append(outcome)
        await announce(incident, f"{outcome.mitigation}: {outcome.state}. {outcome.summary}", once=f"step {position}")
        if not outcome.goes_on:
            decision = f"{decision} {outcome.mitigation}: {outcome.state}."
            break
    return MitigationResult(decision=decision, outcomes=tuple(outcomes))


async def _handed_over(incident: Incident, why: str, outcomes: tuple[Outcome, ...] = ()) -> MitigationResult:
    told = f"a person is needed: {why}"
    await note(incident, Kind.PHASE, told, once="handed over", status=IncidentStatus.NEEDS_PERSON)
    await announce(incident, told, once="handed over")
    return MitigationResult(decision=why, outcomes=outcomes, complete=False)
