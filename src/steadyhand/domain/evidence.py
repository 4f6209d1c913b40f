"""What was seen: three-valued findings, each with its facts, and the evidence they make together."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue

from steadyhand.domain.record import AwareDatetime, Record
from steadyhand.domain.text import storable, storable_json

_SUMMARY_LENGTH = 2000


class Verdict(StrEnum):
    """Unknown is not ok (rule 4)."""

    OK = "ok"
    BAD = "bad"
    UNKNOWN = "unknown"


class Branch(StrEnum):
    """Where in the runbook a probe is asked."""

    FIRST_FIVE_MINUTES = "first five minutes"
    TASKS = "task failures and queue"
    PLANNER = "planner"
    TOOLS = "tools and guardrails"
    REGRESSION = "regression"
    EXIT = "exit criteria"


def _bounded(text: str) -> str:
    text = storable(text)
    return text if len(text) <= _SUMMARY_LENGTH else f"{text[: _SUMMARY_LENGTH - 4]} ..."


Summary = Annotated[str, AfterValidator(_bounded)]
"""Words about what was seen, cut rather than refused: they quote what a stranger answered."""


def _storable_facts(facts: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {storable(name): storable_json(value) for name, value in facts.items()}


Facts = Annotated[dict[str, JsonValue], AfterValidator(_storable_facts)]
"""Plain JSON, small enough to read."""


class Answer(Record):
    """What a probe saw. Times in `facts` are in seconds unless a name says otherwise."""

    verdict: Verdict
    summary: Summary
    facts: Facts = Field(default_factory=dict)


class Finding(Answer):
    """An answer, and who gave it when."""

    probe: str
    requirement: str
    branch: Branch
    observed_at: AwareDatetime
    seconds: float = Field(ge=0)


class Evidence(Record):
    """All findings of one look at one incident, in the order of the runbook."""

    incident_id: UUID
    findings: tuple[Finding, ...]

    def get(self, probe: str) -> Finding | None:
        """The latest finding of this probe, or None when it was not asked."""
        return next((f for f in reversed(self.findings) if f.probe == probe), None)

    def verdict(self, probe: str) -> Verdict:
        """The probe's verdict; unknown when it was not asked."""
        finding = self.get(probe)
        return finding.verdict if finding else Verdict.UNKNOWN

    def fact(self, probe: str, name: str) -> JsonValue:
        """One fact of the probe's latest finding, or None."""
        finding = self.get(probe)
        return finding.facts.get(name) if finding else None

    def plus(self, findings: Iterable[Finding]) -> "Evidence":
        """This evidence with more findings after it."""
        return Evidence(incident_id=self.incident_id, findings=(*self.findings, *findings))
