"""The gate: the run is suspended, at no cost, until a person has decided (P2, rule 1)."""

from datetime import timedelta
from uuid import uuid4

from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput
from pydantic import Field

from steadyhand.domain.approval import Approval, ApprovalStatus, Decision
from steadyhand.domain.record import utc_now
from tasks.approval import gate_key, take_answers

_GRACE = timedelta(days=1)
"""Our own expiry wakes the run; Prefect's, which would fail it, comes only long after."""


class ApprovalForm(RunInput):
    """What the Prefect UI asks. Every field that decides is required: a resume without the form decides nothing."""

    decision: Decision = Field(title="Decision", description="approve: it is done as asked; reject: it is not")
    approver: str = Field(title="Your name", description="as it stands under approvals.people in the profile")
    code: str = Field(title="One-time code", description="the six digits your authenticator shows now")
    comment: str = Field(default="", title="Comment", description="kept with the decision")


async def pass_gate(approval: Approval) -> Approval:
    """The decided approval. Until there is one, the run is suspended: this call then never returns in this process.

    On every replay the answers given so far are read first, and the suspension's key is fresh: a key that was answered
    once can neither be asked nor answered again.
    """
    approval = await take_answers(approval)
    if approval.status is not ApprovalStatus.PENDING:
        return approval
    left = approval.expires_at - utc_now() + _GRACE
    await asuspend_flow_run(
        wait_for_input=ApprovalForm.with_initial_data(description=approval.question),
        timeout=max(1, int(left.total_seconds())),
        key=f"{gate_key(approval)}-{uuid4().hex[:8]}",
    )
    return approval
