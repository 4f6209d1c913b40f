"""Medians, percentiles and ratios, on numbers whose answer is known."""

import pytest

from benchmarks.spread import percentile, ratios, spread


def test_the_spread_is_the_median_with_the_lowest_and_the_highest() -> None:
    found = spread([3.0, 1.0, 10.0])
    assert (found.median, found.low, found.high, found.count) == (3.0, 1.0, 10.0, 3)
    assert found.told("/s") == "3 /s (1-10)"


def test_a_single_measurement_has_no_spread_to_tell() -> None:
    assert spread([1234.5]).told("ms", 1) == "1,234.5 ms"


def test_ratios_are_taken_round_by_round_so_that_a_slow_round_hits_both() -> None:
    """A round in which the machine had half its speed changes no ratio."""
    found = ratios([60.0, 30.0, 60.0], [100.0, 50.0, 100.0])
    assert (found.low, found.median, found.high) == (0.6, 0.6, 0.6)


def test_rounds_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        ratios([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.0, 1.0), (0.991, 100.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], share) == expected


def test_nothing_measured_is_not_zero() -> None:
    for look in (lambda: spread([]), lambda: percentile([], 0.5), lambda: ratios([], [])):
        with pytest.raises(ValueError, match="nothing was measured"):
            look()
