"""What the evidence means and what is to be done about it."""

import hashlib
import json
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import Record


class MitigationName(StrEnum):
    """The runbook's changes."""

    ROLL_BACK = "roll-back"
    DISABLE_PLANNER = "disable-planner"
    SEQUENTIAL_SCHEDULING = "sequential-scheduling"


class Hypothesis(Record):
    """One explanation, with the findings for it, against it, and what could not be seen."""

    cause: str
    mitigation: MitigationName | None
    supported_by: tuple[str, ...]
    contradicted_by: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Diagnosis(Record):
    """Ranked hypotheses, the likeliest first; empty when nothing found is bad."""

    hypotheses: tuple[Hypothesis, ...]
    summary: str


class Change(Record):
    """One thing that will be different: a variable or the release."""

    name: str
    before: str | None
    after: str | None


class PlanStep(Record):
    """One mitigation: what changes, what that should do, how it is measured and undone."""

    mitigation: MitigationName
    requirement: str
    reason: str
    before: DesiredDeployment
    after: DesiredDeployment
    expected_effect: str
    verify_window_seconds: float = Field(gt=0)
    undo: str

    @property
    def changes(self) -> tuple[Change, ...]:
        """The difference, release first, then variable by variable."""
        release = Change(name="release", before=self.before.release, after=self.after.release)
        old, new = self.before.environment, self.after.environment
        variables = (Change(name=n, before=old.get(n), after=new.get(n)) for n in sorted(old.keys() | new.keys()))
        return tuple(c for c in (release, *variables) if c.before != c.after)


class Plan(Record):
    """Steps in order. An empty plan means: ask a person; `advice` says what to look at first.

    `digest` covers everything a person says yes to; a plan that differs in any of it has another digest (rule 1).
    """

    incident_id: UUID
    generation: int
    environment: Environment
    dry_run: bool
    steps: tuple[PlanStep, ...]
    advice: str

    @property
    def digest(self) -> str:
        """SHA-256, 64 hex digits, of the canonical JSON of all other fields."""
        body = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(body.encode()).hexdigest()
