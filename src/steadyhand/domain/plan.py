"""What the evidence means and what is to be done about it."""

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import Record

RELEASE = "release"


class MitigationName(StrEnum):
    """The runbook's changes."""

    ROLL_BACK = "roll-back"
    DISABLE_PLANNER = "disable-planner"
    SEQUENTIAL_SCHEDULING = "sequential-scheduling"


class Hypothesis(Record):
    """One explanation, with the probes whose findings speak for it, against it, and those that could not look.

    `weight` is what speaks for it less what speaks against it. `mitigation` is set only where the runbook's own
    condition for that change holds: a likely cause alone justifies nothing.
    """

    cause: str
    mitigation: MitigationName | None
    weight: int = 0
    supported_by: tuple[str, ...]
    contradicted_by: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Diagnosis(Record):
    """Ranked hypotheses, the weightiest first; empty when nothing found is bad."""

    hypotheses: tuple[Hypothesis, ...]
    summary: str


class Change(Record):
    """One thing that will be different: a variable or the release."""

    name: str
    before: str | None
    after: str | None


class PlanStep(Record):
    """One mitigation: what changes and whom that touches, what it should do, how that is measured and undone.

    A step after the first is applied only if its trouble is still there once the steps before it are proven. While
    `others_follow`, its own effect is its proof: the service as a whole cannot be healthy yet.
    """

    mitigation: MitigationName
    requirement: str
    reason: str
    before: DesiredDeployment
    after: DesiredDeployment
    blast_radius: str
    expected_effect: str
    measured_by: str
    verify_window_seconds: float = Field(gt=0)
    undo: str
    others_follow: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        """The difference, release first, then variable by variable."""
        release = Change(name=RELEASE, before=self.before.release, after=self.after.release)
        old, new = self.before.environment, self.after.environment
        variables = (Change(name=n, before=old.get(n), after=new.get(n)) for n in sorted(old.keys() | new.keys()))
        return tuple(c for c in (release, *variables) if c.before != c.after)


def _changed(state: DesiredDeployment, changes: Iterable[Change]) -> DesiredDeployment:
    release, environment = state.release, dict(state.environment)
    for change in changes:
        if change.name == RELEASE:
            release = change.after or release
        elif change.after is None:
            environment.pop(change.name, None)
        else:
            environment[change.name] = change.after
    return DesiredDeployment(release=release, environment=environment)


class Review(Record):
    """A human reviewer, engaged through the orchestrator when the steps have not restored automation (M4).

    `idempotency_key` names this wish: asked for again, the same review is meant.
    """

    reviewer: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=2000)
    task_id: str | None = None
    idempotency_key: str


class Plan(Record):
    """Steps in order. An empty plan means: ask a person; `advice` says what to look at first.

    `digest` covers everything a person says yes to; a plan that differs in any of it has another digest (rule 1).
    """

    incident_id: UUID
    generation: int
    environment: Environment
    dry_run: bool
    steps: tuple[PlanStep, ...]
    review: Review | None = None
    advice: str

    @property
    def asks(self) -> bool:
        """Whether there is anything a person must say yes to."""
        return bool(self.steps) or self.review is not None

    def step(self, position: int, left_out: Iterable[int] = ()) -> PlanStep:
        """The step at this position; where steps before it were not needed, its changes on the state without theirs."""
        planned, gone = self.steps[position], frozenset(left_out)
        if not gone:
            return planned
        state = self.steps[0].before
        for earlier in (s for n, s in enumerate(self.steps[:position]) if n not in gone):
            state = _changed(state, earlier.changes)
        return planned.model_copy(update={"before": state, "after": _changed(state, planned.changes)})

    @property
    def digest(self) -> str:
        """SHA-256, 64 hex digits, of the canonical JSON of all other fields."""
        body = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(body.encode()).hexdigest()
