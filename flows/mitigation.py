"""Mitigation: apply what was approved, prove it, keep it or put things back (M1, M2, M3)."""

from flows.phase import phase
from steadyhand.domain.approval import Approval
from steadyhand.domain.incident import Incident, IncidentStatus
from steadyhand.domain.outcome import MitigationResult, Outcome
from steadyhand.domain.plan import Plan
from steadyhand.domain.timeline import Kind
from steadyhand.errors import PermanentError
from tasks.announce import announce
from tasks.change import apply_change, settle_change, verify_change
from tasks.note import note


@phase("mitigation")
async def mitigation(incident: Incident, plan: Plan, approval: Approval | None) -> MitigationResult:
    """The steps of the approved plan, one at a time; the first that is not proven ends it, undone."""
    if approval is None:
        return await _handed_over(incident, plan.advice)
    if not approval.granted:
        return await _handed_over(
            incident, f"Nothing was changed: the plan was {approval.status} by {approval.decided_by}."
        )
    await note(
        incident,
        Kind.PHASE,
        f"mitigation, approved by {approval.decided_by}",
        once="mitigation",
        status=IncidentStatus.MITIGATING,
    )
    outcomes: list[Outcome] = []
    for position in range(len(plan.steps)):
        try:
            row = await apply_change(plan, position, approval.id)
        except PermanentError as refusal:
            return await _handed_over(incident, f"Nothing more was changed: {refusal}", tuple(outcomes))
        row = await verify_change(row)
        outcome = await settle_change(row)
        outcomes.append(outcome)
        await announce(incident, f"{outcome.mitigation}: {outcome.state}. {outcome.summary}", once=f"step {position}")
        if not outcome.healed:
            break
    result = MitigationResult(
        decision=f"Approved by {approval.decided_by} via {approval.via}.", outcomes=tuple(outcomes)
    )
    healed = result.healed
    await note(
        incident,
        Kind.PHASE,
        "mitigation kept, watching the exit criteria" if healed else "the plan did not heal it: a person is needed",
        once="mitigation over",
        status=IncidentStatus.MONITORING if healed else IncidentStatus.NEEDS_PERSON,
    )
    return result


async def _handed_over(incident: Incident, why: str, outcomes: tuple[Outcome, ...] = ()) -> MitigationResult:
    await note(incident, Kind.PHASE, why, once="handed over", status=IncidentStatus.NEEDS_PERSON)
    await announce(incident, why, once="handed over")
    return MitigationResult(decision=why, outcomes=outcomes)
