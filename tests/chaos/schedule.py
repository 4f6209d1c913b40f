"""Which point is struck when: decided beforehand, from a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.points import KillPoint

_PAUSE_SECONDS = (0.0, 4.0)
_LATER_SECONDS = 0.06


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One kill to come: after `pause` seconds, `later` seconds into the point's moment, of service number `pick`."""

    point: KillPoint
    pause: float
    later: float
    pick: int


def schedule(points: Sequence[KillPoint], *, kills: int, seed: int) -> tuple[Strike, ...]:
    """As many strikes as kills, each point with its share; the same seed gives the same ones in the same order."""
    chosen = random.Random(seed)  # noqa: S311 - replayable, not secret
    shares = [point for point, share in zip(points, _shares(points, kills), strict=True) for _ in range(share)]
    chosen.shuffle(shares)
    return tuple(
        Strike(
            point=point,
            pause=chosen.uniform(*_PAUSE_SECONDS),
            later=chosen.uniform(0, _LATER_SECONDS),
            pick=chosen.randrange(len(point.services)),
        )
        for point in shares
    )


def _shares(points: Sequence[KillPoint], kills: int) -> list[int]:
    """Whole numbers that add up to `kills`: one each as far as that goes, the rest by weight."""
    least = int(kills >= len(points))
    total, left = sum(point.weight for point in points), kills - least * len(points)
    exact = [left * point.weight / total for point in points]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(points)), key=lambda i: exact[i] - shares[i], reverse=True)
    for i in by_remainder[: left - sum(shares)]:
        shares[i] += 1
    return [least + share for share in shares]
