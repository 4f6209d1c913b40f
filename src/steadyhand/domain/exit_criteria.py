"""When an incident may be closed (E1-E4)."""

from enum import StrEnum

from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.domain.record import Record


class ExitState(StrEnum):
    """Unknown never closes."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


class ExitCheck(Record):
    """One evaluation of E1, E2 and E3; E4 is a person's to approve."""

    findings: tuple[Finding, ...]

    @property
    def state(self) -> ExitState:
        """Unmet as soon as one is bad; met only when all are ok and there is at least one."""
        verdicts = {f.verdict for f in self.findings}
        if Verdict.BAD in verdicts:
            return ExitState.UNMET
        return ExitState.MET if verdicts == {Verdict.OK} else ExitState.UNKNOWN

    @property
    def open_points(self) -> tuple[str, ...]:
        """What stands in the way, in words."""
        return tuple(
            f"{f.requirement} {f.probe}: {f.verdict}: {f.summary}" for f in self.findings if f.verdict is not Verdict.OK
        )
