"""The incident's diary: every step, what was seen, by whom."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field, JsonValue

from steadyhand.domain.record import AwareDatetime, Record, Text


class Kind(StrEnum):
    """What sort of thing happened."""

    ALERT = "alert"
    PHASE = "phase"
    FINDING = "finding"
    DIAGNOSIS = "diagnosis"
    PLAN = "plan"
    APPROVAL = "approval"
    CHANGE = "change"
    VERIFICATION = "verification"
    EXIT = "exit criteria"
    MESSAGE = "message"
    DOCUMENT = "document"
    TROUBLE = "trouble"
    CLOSED = "closed"


class TimelineEntry(Record):
    """One line. `once` names the step within the incident: writing it again after a replay adds nothing."""

    incident_id: UUID
    at: AwareDatetime
    kind: Kind
    actor: Text = Field(max_length=200)
    summary: Text
    detail: dict[str, JsonValue] = Field(default_factory=dict)
    once: str = Field(min_length=1, max_length=300)
