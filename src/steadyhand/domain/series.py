"""Raw samples of a counter, folded exactly: no extrapolation, births and resets counted."""

from collections.abc import Iterable
from statistics import median

from steadyhand.domain.record import Record


class Series(Record):
    """One time series: its labels, and (unix seconds, value) samples, oldest first, NaN and Inf left out."""

    labels: dict[str, str]
    samples: tuple[tuple[float, float], ...]


def increments(series: Iterable[Series], *, start: float, end: float, up_before: bool) -> float:
    """How often the counters were incremented in (start, end], both unix seconds (D4).

    Sums positive steps; a drop is a reset and what stands after it counts in full. A series whose first sample lies
    inside the window was born there and counts from zero if its target was up before; a sample at or before `start` is
    the base of the first step.
    """
    return sum(_fold(s, start, end, up_before=up_before) for s in series)


def _fold(series: Series, start: float, end: float, *, up_before: bool) -> float:
    base: float | None = None
    total = 0.0
    for at, value in series.samples:
        if at > end:
            break
        if at > start:
            if base is None:
                total += value if up_before else 0.0
            else:
                total += value - base if value >= base else value
        base = value
    return total


def is_spike(count: float, history: Iterable[float], *, sigmas: float = 4.0, floor: float = 3.0) -> tuple[bool, float]:
    """Whether `count` stands out against the same window on earlier days, and the threshold used."""
    counts = list(history)
    usual = median(counts) if counts else 0.0
    threshold = usual + sigmas * usual**0.5 + floor
    return count > threshold, threshold
