"""How a change went: measured, not believed (rule 5)."""

from enum import StrEnum

from pydantic import Field, JsonValue

from steadyhand.domain.evidence import Summary, Verdict
from steadyhand.domain.plan import MitigationName
from steadyhand.domain.record import Record


class LedgerState(StrEnum):
    """One row of the mitigation ledger moves through these; the last five are where it rests."""

    INTENDED = "intended"
    APPLYING = "applying"
    VERIFYING = "verifying"
    REVERTING = "reverting"
    KEPT = "kept"
    REVERTED = "reverted"
    REFUSED = "refused"
    DRY_RUN = "dry run"
    UNKNOWN = "unknown: ask a person"


UNDER_WAY = (LedgerState.APPLYING, LedgerState.VERIFYING, LedgerState.REVERTING)


class Verification(Record):
    """What was measured after a change. Only `ok` keeps it."""

    verdict: Verdict
    summary: Summary
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class Outcome(Record):
    """Where one step came to rest, and the words a person reads about it."""

    mitigation: MitigationName
    requirement: str
    state: LedgerState
    summary: str
    last_words: str = ""

    @property
    def healed(self) -> bool:
        """Applied and proven."""
        return self.state is LedgerState.KEPT


class MitigationResult(Record):
    """How the mitigation phase ended: `decision` in words, and every step that was tried."""

    decision: str
    outcomes: tuple[Outcome, ...] = ()

    @property
    def healed(self) -> bool:
        """Every step tried was kept, and there was one."""
        return bool(self.outcomes) and all(o.healed for o in self.outcomes)
