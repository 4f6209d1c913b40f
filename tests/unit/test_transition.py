"""What an arriving alert means beside what is known of it (Alertmanager notes, contract 4)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyhand.domain.alert import Alert, AlertStatus, IncidentKey
from steadyhand.domain.incident import Environment, Severity
from steadyhand.domain.transition import CHANGES, OPENS, Transition, after, transition

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def alert(*, start: int = 0, end: int | None = None) -> Alert:
    """Fires since `start` seconds after T0, or resolved at `end`."""
    return Alert(
        key=IncidentKey(environment=Environment.PRODUCTION, service="planner"),
        fingerprint="f",
        status=AlertStatus.FIRING if end is None else AlertStatus.RESOLVED,
        name="A",
        severity=Severity.WARNING,
        team="t",
        labels={},
        annotations={},
        starts_at=T0 + timedelta(seconds=start),
        ends_at=None if end is None else T0 + timedelta(seconds=end),
    )


@pytest.mark.parametrize(
    ("known", "arriving", "expected"),
    [
        pytest.param(None, alert(), Transition.NEW, id="never seen, firing"),
        pytest.param(None, alert(end=5), Transition.RESOLVED_UNSEEN, id="never seen, resolved"),
        pytest.param(alert(), alert(), Transition.REPEAT, id="the same firing again"),
        pytest.param(alert(end=5), alert(end=5), Transition.REPEAT, id="the same resolve again"),
        pytest.param(alert(), alert(end=5), Transition.RESOLVED, id="firing, then resolved"),
        pytest.param(alert(end=5), alert(), Transition.REOPENED, id="resolved, then firing since the same start"),
        pytest.param(alert(), alert(start=9), Transition.SUPERSEDED, id="a flap without a resolve"),
        pytest.param(alert(end=5), alert(start=9), Transition.SUPERSEDED, id="resolved, then firing anew"),
        pytest.param(alert(), alert(start=9, end=10), Transition.RESOLVED, id="resolve of a newer start"),
        pytest.param(alert(start=9), alert(), Transition.LATE, id="an older firing"),
        pytest.param(alert(start=9), alert(end=5), Transition.LATE, id="an older resolve"),
        pytest.param(alert(end=5), alert(end=8), Transition.RESOLVED, id="resolved, with a later end"),
        pytest.param(alert(end=5), alert(end=3), Transition.LATE, id="resolved, with an earlier end"),
        pytest.param(alert(end=5), alert(start=9, end=10), Transition.RESOLVED, id="resolved, then a newer resolve"),
    ],
)
def test_a_delivery_means(known: Alert | None, arriving: Alert, expected: Transition) -> None:
    assert transition(known, arriving) is expected


def test_only_firings_open_an_incident() -> None:
    assert frozenset({Transition.NEW, Transition.SUPERSEDED, Transition.REOPENED}) == OPENS


def test_a_late_delivery_and_a_repeat_change_nothing() -> None:
    assert frozenset(Transition) - CHANGES == {Transition.REPEAT, Transition.LATE}


def came_back() -> Alert:
    """Fired, was resolved at 5, and fires again since the same start."""
    state = after(after(after(None, alert()), alert(end=5)), alert())
    assert state.status is AlertStatus.FIRING
    return state


@pytest.mark.parametrize(
    ("arriving", "expected"),
    [
        pytest.param(alert(), Transition.REPEAT, id="the firing again"),
        pytest.param(alert(end=5), Transition.LATE, id="a copy of the old resolve"),
        pytest.param(alert(end=4), Transition.LATE, id="an even older end"),
        pytest.param(alert(end=8), Transition.RESOLVED, id="a new resolve"),
        pytest.param(alert(start=9), Transition.SUPERSEDED, id="a newer start"),
    ],
)
def test_to_an_alert_that_came_back_only_a_later_end_is_a_resolve(arriving: Alert, expected: Transition) -> None:
    assert transition(came_back(), arriving) is expected


def test_a_newer_start_forgets_the_old_end() -> None:
    anew = after(came_back(), alert(start=9))
    assert anew.ends_at is None
    assert transition(anew, alert(start=9, end=9)) is Transition.RESOLVED


def test_a_late_delivery_and_a_repeat_leave_the_state_as_it_is() -> None:
    state = came_back()
    for arriving in (alert(), alert(end=5)):
        assert after(state, arriving) is state


deliveries = st.builds(alert, start=st.integers(0, 3), end=st.one_of(st.none(), st.integers(3, 6)))


@settings(max_examples=300, database=None)
@given(st.lists(deliveries, max_size=12), deliveries)
def test_repeating_any_delivery_never_changes_the_state(before: list[Alert], arriving: Alert) -> None:
    """Retries and HA duplicates are byte-identical copies: the second is a repeat, or late, and nothing else."""
    known: Alert | None = None
    for one in before:
        known = after(known, one)
    once = after(known, arriving)
    assert transition(once, arriving) not in CHANGES
    assert after(once, arriving) == once


@settings(max_examples=300, database=None)
@given(st.lists(deliveries, max_size=12))
def test_the_start_that_is_known_never_moves_backwards(arriving: list[Alert]) -> None:
    known: Alert | None = None
    for one in arriving:
        now = after(known, one)
        assert known is None or now.starts_at >= known.starts_at
        known = now


@settings(max_examples=300, database=None)
@given(st.lists(deliveries.filter(lambda a: a.status is AlertStatus.RESOLVED), max_size=12))
def test_resolves_alone_never_open_anything(arriving: list[Alert]) -> None:
    known: Alert | None = None
    for one in arriving:
        assert transition(known, one) not in OPENS
        known = after(known, one)
