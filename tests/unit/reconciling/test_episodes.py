"""Samples of ALERTS folded to episodes, and which of those nobody told of (T1)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyhand.clients.past_silences import PastSilence, was_silent
from steadyhand.domain.fingerprint import fingerprint
from steadyhand.domain.series import Series
from steadyhand.reconciling.episodes import Episode, Episodes
from steadyhand.reconciling.unheard import unheard
from steadyhand.store.alerts import KnownAlert

from .made import T0, at, known, there

LABELS = {"alertname": "A", "service": "planner"}
SENT = {**LABELS, "cluster": "dev"}


def series(*seconds: float, **labels: str) -> Series:
    """ALERTS fired at these instants."""
    samples = tuple((T0.timestamp() + s, 1.0) for s in seconds)
    return Series(labels={"__name__": "ALERTS", "alertstate": "firing", **LABELS, **labels}, samples=samples)


def folded(*pieces: Series, now: tuple[Series, ...] = ()) -> list[tuple[float, float, bool]]:
    """From, to, and whether it is over, of each episode."""
    episodes = Episodes()
    for piece in pieces:
        episodes.add([piece])
    episodes.fires_now(now)
    return [((e.first - T0).total_seconds(), (e.last - T0).total_seconds(), e.is_over) for e in episodes.found({})]


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        pytest.param((0,), [(0, 0, True)], id="a single evaluation"),
        pytest.param((0, 60, 120), [(0, 120, True)], id="one after the other"),
        pytest.param((0, 60, 180), [(0, 180, True)], id="one evaluation missed"),
        pytest.param((0, 60, 360, 420), [(0, 60, True), (360, 420, True)], id="a pause"),
        pytest.param((0, 15, 30, 120), [(0, 30, True), (120, 120, True)], id="a pause, evaluated more often"),
        pytest.param((0, 301), [(0, 0, True), (301, 301, True)], id="longer than any evaluation interval"),
    ],
)
def test_samples_are_episodes(samples: tuple[float, ...], expected: list[tuple[float, float, bool]]) -> None:
    """T1."""
    assert folded(series(*samples)) == expected


def test_only_the_last_episode_of_what_fires_now_goes_on() -> None:
    """T1."""
    now = (series(600),)
    assert folded(series(0, 15, 30, 300, 315), now=now) == [(0, 30, True), (300, 315, False)]


@settings(max_examples=100, database=None)
@given(st.lists(st.integers(0, 2000), unique=True, min_size=1).map(sorted), st.data())
def test_pieces_and_repeated_samples_make_the_same_episodes(samples: list[int], data: st.DataObject) -> None:
    """Rule 3: reading in other pieces, which overlap, tells nothing else."""
    cut = data.draw(st.integers(0, len(samples)))
    back = data.draw(st.integers(0, cut))
    assert folded(series(*samples[:cut]), series(*samples[back:])) == folded(series(*samples))


def test_an_episode_has_the_name_that_alertmanager_gives_it() -> None:
    """T1: external labels are added where the alert has none of that name."""
    episodes = Episodes()
    episodes.add([series(0)])
    (found,) = episodes.found({"cluster": "dev", "service": "other"})
    assert found.labels == SENT
    assert found.fingerprint == fingerprint(SENT)


def episode(first: float, last: float, *, is_over: bool = True) -> Episode:
    """It fired from first to last."""
    return Episode(own=LABELS, labels=SENT, first=at(first), last=at(last), is_over=is_over)


@pytest.mark.parametrize(
    ("here", "is_told"),
    [
        pytest.param(known(start=10, labels=SENT), True, id="fires since then"),
        pytest.param(known(start=0, labels=SENT), True, id="fires since before"),
        pytest.param(known(start=10, end=20, labels=SENT), True, id="fired then"),
        pytest.param(known(start=0, end=9.5, labels=SENT), True, id="ended then, by another clock"),
        pytest.param(known(start=0, end=5, labels=SENT), False, id="ended before"),
        pytest.param(known(start=30, labels=SENT), False, id="began after"),
        pytest.param(known(start=10, labels=LABELS | {"cluster": "another"}), True, id="known by relabelled labels"),
        pytest.param(known(start=10, labels={**SENT, "service": "x"}), False, id="another service"),
        pytest.param(known(start=10, labels={"alertname": "A"}), False, id="less is known of it"),
    ],
)
def test_what_is_known_here(here: KnownAlert, is_told: bool) -> None:  # noqa: FBT001
    """T1."""
    assert (unheard([episode(10, 20)], [here], [], []) == ()) is is_told


@pytest.mark.parametrize("state", ["active", "suppressed", "unprocessed"])
def test_what_alertmanager_lists_is_told_by_it(state: str) -> None:
    """T1: whatever its state; one that is over may have come back, and is told of by itself."""
    listed = [there(state=state, labels=SENT)]
    assert unheard([episode(10, 20, is_over=False)], [], listed, []) == ()
    assert len(unheard([episode(10, 20)], [], listed, [])) == 1


def silence(
    start: float, end: float, value: str = "planner", *, regex: bool = False, equal: bool = True
) -> PastSilence:
    """One of the service."""
    matcher = {"name": "service", "value": value, "isRegex": regex, "isEqual": equal}
    return PastSilence.model_validate(
        {"startsAt": at(start).isoformat(), "endsAt": at(end).isoformat(), "matchers": [matcher]}
    )


@pytest.mark.parametrize(
    ("silences", "silent"),
    [
        pytest.param([], False, id="none"),
        pytest.param([silence(0, 30)], True, id="throughout"),
        pytest.param([silence(11, 30)], False, id="begins later"),
        pytest.param([silence(0, 19)], False, id="ends before"),
        pytest.param([silence(0, 15), silence(15, 30)], True, id="prolonged"),
        pytest.param([silence(15, 30), silence(0, 15)], True, id="prolonged, in another order"),
        pytest.param([silence(0, 12), silence(15, 30)], False, id="with a break"),
        pytest.param([silence(0, 30, "other")], False, id="another service"),
        pytest.param([silence(0, 30, "plan.*", regex=True)], True, id="by an expression"),
        pytest.param([silence(0, 30, "plan", regex=True)], False, id="by an expression for the whole"),
        pytest.param([silence(0, 30, "other", equal=False)], True, id="all but another"),
        pytest.param([silence(0, 30, "(", regex=True)], False, id="by what is no expression"),
    ],
)
def test_what_was_silenced_from_beginning_to_end_is_silent(silences: list[PastSilence], silent: bool) -> None:  # noqa: FBT001
    """T1."""
    assert was_silent(silences, SENT, at(10), at(20)) is silent
    assert (unheard([episode(10, 20)], [], [], silences) == ()) is silent


def test_thousands_of_alerts_are_compared_in_a_moment() -> None:
    """T1: a storm is not compared each with each."""
    many = [known(str(n), labels={**SENT, "instance": str(n)}) for n in range(10_000)]
    episodes = [
        Episode(own={**LABELS, "instance": str(n)}, labels=SENT, first=at(0), last=at(1), is_over=True)
        for n in range(5_000, 15_000)
    ]
    found = unheard(episodes, many, [there(labels={**SENT, "instance": str(n)}) for n in range(10_000)], [])
    assert len(found) == 5_000
