"""The notes' contract 4, said of a whole list of deliveries at once: a model that shares nothing with the product.

- Only what is told of the newest start counts.
- Its end is the latest that any resolve of that start told of.
- Told of firings and resolves: it fires if a firing came after the first news of that latest end, for then it is the
  alert that came back. That is the only place where the order of arrival counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """One alert in one delivery: it fires since `start`, or it is resolved, at `end`."""

    fingerprint: str
    start: int
    end: int | None

    @property
    def fires(self) -> bool:
        """A firing alert has no end."""
        return self.end is None


@dataclass(frozen=True)
class Known:
    """What is known of a fingerprint. `end` is the latest that was told, also while it fires again."""

    start: int
    firing: bool
    end: int | None


def known(told: Sequence[Told]) -> Known | None:
    """What must be known of one fingerprint after these deliveries, whatever was known in between."""
    if not told:
        return None
    start = max(one.start for one in told)
    of_it = [one for one in told if one.start == start]
    ends = [one.end for one in of_it if one.end is not None]
    if not ends:
        return Known(start, firing=True, end=None)
    latest = max(ends)
    since = of_it[[one.end for one in of_it].index(latest) :]
    return Known(start, firing=any(one.fires for one in since), end=latest)


def order_counts(told: Sequence[Told]) -> bool:
    """Whether another order of the same deliveries may leave another state: the newest start fired and was resolved."""
    start = max(one.start for one in told)
    return len({one.fires for one in told if one.start == start}) > 1


def is_repeat(before: Sequence[Told], one: Told) -> bool:
    """It says what is known, and nothing else."""
    state = known(before)
    if state is None or (state.start, state.firing) != (one.start, one.fires):
        return False
    return one.fires or state.end == one.end


def opens(before: Sequence[Told], one: Told) -> bool:
    """It fires, and was not known to: since a newer start, or again."""
    state = known(before)
    return one.fires and (state is None or one.start > state.start or (one.start == state.start and not state.firing))
