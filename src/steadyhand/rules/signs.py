"""How a finding speaks for an explanation, or against it."""

from collections.abc import Callable
from dataclasses import dataclass

from steadyhand.domain.evidence import Finding, Verdict

Reading = Callable[[Finding], bool | None]
"""True: it speaks for the explanation. False: against it. None: it says nothing about it."""


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One probe's bearing on an explanation. Only a decisive sign brings an explanation up at all."""

    probe: str
    weight: int
    reads: Reading
    decisive: bool = True


def when_bad(probe: str, weight: int, *, decisive: bool = True) -> Sign:
    """Bad speaks for it, ok against it."""
    return Sign(probe=probe, weight=weight, decisive=decisive, reads=_bad_or_ok)


def when_fact(probe: str, weight: int, name: str, *, value: bool = True) -> Sign:
    """A bad finding speaks for it when this fact has this value and against it when it has the other; ok against it."""

    def reads(finding: Finding) -> bool | None:
        if finding.verdict is not Verdict.BAD:
            return _bad_or_ok(finding)
        fact = finding.facts.get(name)
        return fact is value if isinstance(fact, bool) else None

    return Sign(probe=probe, weight=weight, reads=reads)


def when_bad_without(probe: str, weight: int, name: str) -> Sign:
    """A bad finding speaks for it where this fact is not known; ok against it."""

    def reads(finding: Finding) -> bool | None:
        if finding.verdict is not Verdict.BAD:
            return _bad_or_ok(finding)
        return None if isinstance(finding.facts.get(name), bool) else True

    return Sign(probe=probe, weight=weight, reads=reads)


def _bad_or_ok(finding: Finding) -> bool | None:
    return {Verdict.BAD: True, Verdict.OK: False}.get(finding.verdict)
