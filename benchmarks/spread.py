"""What several measurements of one thing come to. Pure."""

from collections.abc import Sequence
from math import ceil
from statistics import median

from steadyhand.domain.record import Record


class Spread(Record):
    """The median with the lowest and the highest: with a handful of rounds, more would be invented."""

    median: float
    low: float
    high: float
    count: int

    def told(self, unit: str, digits: int = 0) -> str:
        """In words: `512 /s (490-530)`."""
        one = f"{self.median:,.{digits}f} {unit}"
        return one if self.count == 1 else f"{one} ({self.low:,.{digits}f}-{self.high:,.{digits}f})"


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value. Raises ValueError for none: nothing measured is not zero."""
    if not values:
        raise ValueError("nothing was measured")
    return Spread(median=median(values), low=min(values), high=max(values), count=len(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Round by round, ours by theirs: what slows the machine in one round hits both. Raises ValueError for none."""
    return spread([our / their for our, their in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share (0 to 1) of the values does not exceed. Raises ValueError for none."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
