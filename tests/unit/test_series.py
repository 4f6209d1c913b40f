"""Counters are folded exactly: births, resets and window edges (D4)."""

import pytest

from steadyhand.domain.series import Series, increments, is_spike

SPIKE_FLOOR = 3.0


def counted(*samples: tuple[float, float], up_before: bool = True, start: float = 100, end: float = 200) -> float:
    """Increments of one series in (100, 200]."""
    series = Series(labels={}, samples=samples)
    return increments([series], start=start, end=end, up_before=up_before)


def test_no_series_has_no_increments() -> None:
    assert increments([], start=0, end=10, up_before=True) == 0


def test_a_series_without_samples_has_no_increments() -> None:
    assert counted() == 0


def test_steps_are_summed_without_extrapolation() -> None:
    assert counted((90, 5), (110, 6), (150, 9), (190, 9)) == 4


def test_a_birth_counts_from_zero_when_the_target_was_up_before() -> None:
    """`increase()` loses the first failures of a labelled counter; D4 must not."""
    assert counted((150, 3), (160, 5), up_before=True) == 5


def test_a_birth_is_only_a_base_when_the_target_was_not_up_before() -> None:
    assert counted((150, 3), (160, 5), up_before=False) == 2


def test_a_reset_counts_what_stands_after_it_in_full() -> None:
    assert counted((90, 100), (110, 102), (130, 4), (150, 5)) == 2 + 4 + 1


def test_a_reset_to_zero_adds_nothing() -> None:
    assert counted((90, 100), (130, 0), (150, 0)) == 0


def test_a_gap_in_the_scrapes_loses_nothing() -> None:
    assert counted((10, 7), (195, 19)) == 12


def test_churning_series_are_each_counted_from_their_birth() -> None:
    old = Series(labels={"pod": "a"}, samples=((90, 10), (120, 12)))
    new = Series(labels={"pod": "b"}, samples=((140, 1), (160, 4)))
    assert increments([old, new], start=100, end=200, up_before=True) == 2 + 4


def test_a_sample_exactly_at_the_start_is_the_base() -> None:
    assert counted((100, 5), (110, 7)) == 2


def test_a_sample_exactly_at_the_end_belongs_to_the_window() -> None:
    assert counted((100, 5), (200, 7)) == 2


def test_what_comes_after_the_end_does_not_count() -> None:
    assert counted((100, 5), (200, 7), (200.001, 1000)) == 2


def test_increments_before_the_window_do_not_count() -> None:
    assert counted((10, 0), (50, 400), (100, 500), (150, 500)) == 0


def test_a_reset_before_the_window_does_not_count() -> None:
    assert counted((10, 500), (90, 3), (150, 4)) == 1


def test_adjoining_windows_add_up_to_the_whole() -> None:
    samples = ((90.0, 1.0), (120.0, 4.0), (150.0, 2.0), (170.0, 9.0), (200.0, 9.0))
    halves = counted(*samples, end=150) + counted(*samples, start=150)
    assert halves == counted(*samples)


@pytest.mark.parametrize("count", [0.0, 1.0, SPIKE_FLOOR])
def test_a_few_failures_without_history_are_no_spike(count: float) -> None:
    spike, threshold = is_spike(count, [])
    assert (spike, threshold) == (False, SPIKE_FLOOR)


def test_more_than_a_few_failures_without_history_are_a_spike() -> None:
    assert is_spike(SPIKE_FLOOR + 1, []) == (True, SPIKE_FLOOR)


def test_what_is_usual_at_this_hour_is_no_spike() -> None:
    spike, threshold = is_spike(110, [100, 90, 110])
    assert not spike
    assert threshold == 100 + 4 * 10 + 3


def test_what_stands_out_against_history_is_a_spike() -> None:
    assert is_spike(144, [100, 90, 110])[0]


def test_one_bad_day_in_the_history_does_not_hide_a_spike() -> None:
    """The median, not the mean: yesterday's incident must not raise the bar for today's."""
    assert is_spike(50, [0, 5000, 1])[0]
