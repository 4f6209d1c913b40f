"""The kill schedule: replayed by its seed, with every point's share in it."""

from collections import Counter

from tests.chaos.points import POINTS
from tests.chaos.schedule import schedule


def test_a_seed_replays_its_schedule_and_another_gives_another() -> None:
    """A failure can be looked at again."""
    assert schedule(POINTS, kills=50, seed=7) == schedule(POINTS, kills=50, seed=7)
    assert schedule(POINTS, kills=50, seed=7) != schedule(POINTS, kills=50, seed=8)


def test_a_hundred_kills_are_shared_out_by_weight() -> None:
    """Receivers die most often, and nobody is spared."""
    struck = Counter(strike.point.name for strike in schedule(POINTS, kills=100, seed=1))
    assert struck.total() == 100
    assert all(abs(struck[point.name] - point.weight) <= 2 for point in POINTS)
    assert struck.most_common(1)[0][0] == "receiver"


def test_fifteen_kills_visit_every_point() -> None:
    """The small run of the test suite leaves none out."""
    struck = Counter(strike.point.name for strike in schedule(POINTS, kills=15, seed=1))
    assert struck.keys() == {point.name for point in POINTS}
    assert struck.total() == 15


def test_fewer_kills_than_points_are_no_more_than_asked_for() -> None:
    """`--kills 3`, to look at something quickly."""
    assert len(schedule(POINTS, kills=3, seed=1)) == 3
    assert schedule(POINTS, kills=0, seed=1) == ()
