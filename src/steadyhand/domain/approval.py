"""Who may say yes to what, until when, and what they said (P2)."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from steadyhand.domain.incident import Environment
from steadyhand.domain.record import AwareDatetime, Record, Text


class Gate(StrEnum):
    """Where the flow waits for a person."""

    MITIGATION = "mitigation"
    CLOSURE = "closure"


class Decision(StrEnum):
    """What a person can say."""

    APPROVE = "approve"
    REJECT = "reject"


class ApprovalStatus(StrEnum):
    """Pending, or how it ended. Expired is not rejected, and neither is a yes."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Approval(Record):
    """One question to a person and, in time, its answer. Bound to one plan by `digest`."""

    id: UUID
    incident_id: UUID
    generation: int
    gate: Gate
    environment: Environment
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    question: str
    status: ApprovalStatus
    requested_at: AwareDatetime
    expires_at: AwareDatetime
    decided_by: str | None = None
    decided_at: AwareDatetime | None = None
    via: str | None = None
    comment: str = ""

    @property
    def granted(self) -> bool:
        """Whether a person, or the recorded policy for staging, said yes."""
        return self.status is ApprovalStatus.APPROVED


class Vote(Record):
    """What someone claims to decide; `code` is their one-time code and never leaves this record."""

    decision: Decision
    approver: Text = Field(min_length=1, max_length=200)
    code: str = Field(min_length=1, max_length=20, repr=False)
    comment: Text = Field(default="", max_length=2000)
