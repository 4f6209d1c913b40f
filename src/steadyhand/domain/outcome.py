"""How a change went: measured, not believed (rule 5)."""

from enum import StrEnum

from pydantic import Field

from steadyhand.domain.evidence import Facts, Summary, Verdict
from steadyhand.domain.plan import MitigationName
from steadyhand.domain.record import Record


class LedgerState(StrEnum):
    """One row of the mitigation ledger moves through these; the last six are where it rests."""

    INTENDED = "intended"
    APPLYING = "applying"
    VERIFYING = "verifying"
    REVERTING = "reverting"
    KEPT = "kept"
    REVERTED = "reverted"
    REFUSED = "refused"
    DRY_RUN = "dry run"
    NOT_NEEDED = "not needed"
    UNKNOWN = "unknown: ask a person"


UNDER_WAY = (LedgerState.APPLYING, LedgerState.VERIFYING, LedgerState.REVERTING)


class Verification(Record):
    """What was measured after a change. Only `ok` keeps it."""

    verdict: Verdict
    summary: Summary
    facts: Facts = Field(default_factory=dict)


class Outcome(Record):
    """Where one step came to rest, and the words a person reads about it."""

    mitigation: MitigationName
    requirement: str
    state: LedgerState
    summary: str
    last_words: str = ""

    @property
    def healed(self) -> bool:
        """Applied and proven, or the trouble was gone before it was applied."""
        return self.state in {LedgerState.KEPT, LedgerState.NOT_NEEDED}

    @property
    def goes_on(self) -> bool:
        """Whether the plan's next step may follow."""
        return self.healed or self.state is LedgerState.DRY_RUN


class MitigationResult(Record):
    """How the mitigation phase ended: `decision` in words, the steps that were tried, and whether those were all."""

    decision: str
    outcomes: tuple[Outcome, ...] = ()
    complete: bool = True

    @property
    def healed(self) -> bool:
        """Every step of the plan was kept or was not needed, and there was one."""
        return self.complete and bool(self.outcomes) and all(o.healed for o in self.outcomes)
