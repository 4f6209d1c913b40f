"""Transitions against a model of the contract, whatever comes, in whatever order, however often (contract 4)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from steadyhand.domain.alert import Alert, AlertStatus, IncidentKey
from steadyhand.domain.incident import Environment, Severity
from steadyhand.domain.transition import CHANGES, OPENS, Transition, after, transition
from tests.unit.intake.contract import Known, Told, is_repeat, known, opens, order_counts
from tests.unit.intake.stories import stories

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CAME_BACK = [Told("a", 0, None), Told("a", 0, 3), Told("a", 0, None), Told("a", 0, 3)]
LATER_END = [Told("a", 0, 3), Told("a", 0, None), Told("a", 0, 5), Told("a", 0, 3)]


def alert(told: Told) -> Alert:
    """The same as the product has it."""
    return Alert(
        key=IncidentKey(environment=Environment.PRODUCTION, service="planner"),
        fingerprint=told.fingerprint,
        status=AlertStatus.FIRING if told.fires else AlertStatus.RESOLVED,
        name="A",
        severity=Severity.WARNING,
        team="t",
        labels={},
        annotations={},
        starts_at=T0 + timedelta(seconds=told.start),
        ends_at=None if told.end is None else T0 + timedelta(seconds=told.end),
    )


def seconds(instant: datetime) -> int:
    return int((instant - T0).total_seconds())


def in_the_models_words(state: Alert) -> Known:
    end = None if state.ends_at is None else seconds(state.ends_at)
    return Known(seconds(state.starts_at), firing=state.status is AlertStatus.FIRING, end=end)


def left_by(story: Sequence[Told]) -> dict[str, Known]:
    """What the product knows after these deliveries."""
    states: dict[str, Alert] = {}
    for told in story:
        states[told.fingerprint] = after(states.get(told.fingerprint), alert(told))
    return {fingerprint: in_the_models_words(state) for fingerprint, state in states.items()}


def of(story: Sequence[Told], fingerprint: str) -> list[Told]:
    return [told for told in story if told.fingerprint == fingerprint]


@settings(max_examples=500, database=None)
@given(stories())
@example(CAME_BACK)
@example(LATER_END)
def test_what_is_known_at_the_end_is_what_the_contract_says(story: list[Told]) -> None:
    """Several fingerprints interleaved: none of them disturbs another."""
    expected = {fingerprint: known(of(story, fingerprint)) for fingerprint in {told.fingerprint for told in story}}
    assert left_by(story) == expected


@settings(max_examples=500, database=None)
@given(stories("a"))
@example(CAME_BACK)
@example(LATER_END)
def test_every_delivery_is_news_a_repeat_or_late_as_the_contract_says(story: list[Told]) -> None:
    state: Alert | None = None
    for position, told in enumerate(story):
        move = transition(state, alert(told))
        assert (move is Transition.REPEAT) == is_repeat(story[:position], told)
        assert (move in OPENS) == opens(story[:position], told)
        assert (move in CHANGES) == (known(story[: position + 1]) != known(story[:position]))
        state = after(state, alert(told))


@settings(max_examples=500, database=None)
@given(stories("a"), st.data())
def test_a_copy_at_any_later_point_changes_nothing_but_by_firing_again(story: list[Told], data: st.DataObject) -> None:
    """The one exception is a firing of the newest start after its resolve: that is the alert coming back."""
    original = data.draw(st.integers(0, len(story) - 1))
    later = data.draw(st.integers(original + 1, len(story)))
    told = story[original]
    with_copy = [*story[:later], told, *story[later:]]
    (was,), (now,) = left_by(story).values(), left_by(with_copy).values()
    if now != was:
        assert told.fires
        assert (was.start, was.firing, was.end) == (told.start, False, now.end)
        assert now.firing


@settings(max_examples=500, database=None)
@given(stories("a"), st.data())
def test_an_immediate_copy_changes_nothing_at_all(story: list[Told], data: st.DataObject) -> None:
    """Retries and peers' copies: byte-identical, or but for `externalURL`."""
    position = data.draw(st.integers(0, len(story) - 1))
    twice = [*story[: position + 1], *story[position:]]
    assert left_by(twice) == left_by(story)
    assert left_by([*story, *story[-1:] * 5]) == left_by(story)


@settings(max_examples=500, database=None)
@given(stories("ab"), st.randoms(use_true_random=False))
def test_any_order_leaves_the_same_state_but_where_the_contract_says_that_order_counts(
    story: list[Told], random: Random
) -> None:
    shuffled = list(story)
    random.shuffle(shuffled)
    one, another = left_by(story), left_by(shuffled)
    for fingerprint, state in one.items():
        assert (state.start, state.end) == (another[fingerprint].start, another[fingerprint].end)
        if not order_counts(of(story, fingerprint)):
            assert state == another[fingerprint]
