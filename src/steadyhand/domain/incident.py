"""The incident: what is wrong, where, since when (F1, F2), and how far the response has come."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from steadyhand.domain.record import AwareDatetime, Record, Text


class Environment(StrEnum):
    """Where the orchestrator runs. The runbook knows these two."""

    STAGING = "staging"
    PRODUCTION = "production"


class Severity(StrEnum):
    """How much it hurts, most first."""

    CRITICAL = "critical"
    HIGH = "high"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


class Focus(StrEnum):
    """What to look at: the runbook's diagnostic branches, or all of them."""

    EVERYTHING = "everything"
    TASKS = "task failures and queue"
    PLANNER = "planner"
    TOOLS = "tools and guardrails"
    REGRESSION = "regression"


class IncidentStatus(StrEnum):
    """How far the response has come."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    AWAITING_APPROVAL = "awaiting approval"
    MITIGATING = "mitigating"
    NEEDS_PERSON = "needs a person"
    MONITORING = "monitoring"
    AWAITING_CLOSURE = "awaiting closure"
    CLOSED = "closed"


class Source(StrEnum):
    """What started it: T1 or T2."""

    ALERT = "alert"
    PERSON = "person"


class Incident(Record):
    """One incident. At most one is open per environment and service.

    `started_at` is when the trouble began as the alerts tell it (F2); `opened_at` is when Steadyhand recorded it.
    `generation` counts the master runs it was given; the run's idempotency key is made of id and generation.
    """

    id: UUID
    environment: Environment
    service: str
    severity: Severity
    team: str
    channel: str
    description: str = Field(max_length=4000)
    source: Source
    focus: Focus = Focus.EVERYTHING
    dry_run: bool = False
    commander: str
    status: IncidentStatus
    generation: int = Field(ge=1)
    flow_run_id: UUID | None = None
    started_at: AwareDatetime
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None = None

    @property
    def short_id(self) -> str:
        """The first eight hex digits: what people say aloud."""
        return str(self.id)[:8]

    @property
    def title(self) -> str:
        """One line that names it."""
        return f"{self.short_id} {self.environment}/{self.service} ({self.severity})"


class IncidentRequest(Record):
    """What a person asks for with the form or the command line (T2)."""

    environment: Environment
    severity: Severity
    description: Text = Field(min_length=1, max_length=4000)
    service: Text = Field(min_length=1, max_length=200)
    focus: Focus = Focus.EVERYTHING
    dry_run: bool = False
    requested_by: Text = Field(min_length=1, max_length=200)
