"""Whether the metrics of one line of the runbook are there: pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from steadyhand.doctor.checkup import CheckState, Seen, drift, ok, unknown
from steadyhand.doctor.nearest import nearest


@dataclass(frozen=True, kw_only=True)
class Known:
    """The names on the target's page, in Prometheus with our labels, and in Prometheus at all.

    None: it could not be read, and `troubles` says why. `labels` is how our labels are written.
    """

    page: frozenset[str] | None
    labelled: frozenset[str] | None
    anywhere: frozenset[str] | None
    labels: str
    troubles: tuple[str, ...] = ()


Line = Callable[[str, str], str | None]
"""The profile's line that puts the second name in the place of the first."""


def judged(wanted: Iterable[str], known: Known, line: Line) -> Seen:
    """What is known of all these metrics; the first that is missing decides."""
    seen = [_one(name, known, line) for name in wanted]
    if not seen:
        return unknown("the expression names no metric that could be looked for")
    for state in (CheckState.DRIFT, CheckState.UNKNOWN):
        if worst := next((one for one in seen if one.state is state), None):
            return worst
    return ok("; ".join(one.reason for one in seen))


def renamed(expression: str, name: str, real: str) -> str:
    """The expression with another metric."""
    return re.sub(rf"(?<![\w:]){re.escape(name)}(?![\w:])", lambda _: real, expression)


def _one(name: str, known: Known, line: Line) -> Seen:
    if known.labelled is not None and name in known.labelled:
        return ok(f"Prometheus has {name}{{{known.labels}}}")
    if known.labelled is None and (known.page is None or name in known.page):
        shown = "is on the target's page, but" if known.page else "could not be looked for:"
        return unknown(f"{name} {shown} {'; '.join(known.troubles)}")
    if known.anywhere is not None and name in known.anywhere:
        return drift(f"Prometheus has {name}, but no series of it with {known.labels}")
    if known.page is not None and name in known.page:
        return drift(f"{name} is on the target's page, but Prometheus has no series of it: is the target scraped?")
    return _missing(name, known, line)


def _missing(name: str, known: Known, line: Line) -> Seen:
    shelves = [shelf for shelf in (known.labelled, known.page, known.anywhere) if shelf]
    real = next((found for shelf in shelves if (found := nearest(name, shelf))), None)
    remedy = line(name, real) if real else None
    return drift(f"no metric `{name}`", nearest=real, remedy=remedy)
