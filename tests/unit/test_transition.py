"""What an arriving alert means beside what is known of it (Alertmanager notes, contract 4)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyhand.domain.alert import Alert, AlertStatus, IncidentKey
from steadyhand.domain.incident import Environment, Severity
from steadyhand.domain.transition import CHANGES, OPENS, Transition, transition

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
    ],
)
def test_a_delivery_means(known: Alert | None, arriving: Alert, expected: Transition) -> None:
    assert transition(known, arriving) is expected


def test_only_firings_open_an_incident() -> None:
    assert frozenset({Transition.NEW, Transition.SUPERSEDED, Transition.REOPENED}) == OPENS


def test_a_late_delivery_and_a_repeat_change_nothing() -> None:
    assert frozenset(Transition) - CHANGES == {Transition.REPEAT, Transition.LATE}


def accepted(known: Alert | None, arriving: Alert) -> Alert | None:
    """The state after a delivery, as the store keeps it."""
    return arriving if transition(known, arriving) in CHANGES else known


deliveries = st.builds(alert, start=st.integers(0, 3), end=st.one_of(st.none(), st.integers(3, 6)))


@settings(max_examples=300, database=None)
@given(st.lists(deliveries, max_size=12), deliveries)
def test_repeating_any_delivery_never_changes_the_state(before: list[Alert], arriving: Alert) -> None:
    """Retries and HA duplicates are byte-identical copies: the second is a repeat, or late, and nothing else."""
    known: Alert | None = None
    for one in before:
        known = accepted(known, one)
    once = accepted(known, arriving)
    assert once is not None
    assert transition(once, arriving) not in CHANGES
    assert accepted(once, arriving) == once


@settings(max_examples=300, database=None)
@given(st.lists(deliveries, max_size=12))
def test_the_start_that_is_known_never_moves_backwards(arriving: list[Alert]) -> None:
    known: Alert | None = None
    for one in arriving:
        after = accepted(known, one)
        assert after is not None
        assert known is None or after.starts_at >= known.starts_at
        known = after


@settings(max_examples=300, database=None)
@given(st.lists(deliveries.filter(lambda a: a.status is AlertStatus.RESOLVED), max_size=12))
def test_resolves_alone_never_open_anything(arriving: list[Alert]) -> None:
    known: Alert | None = None
    for one in arriving:
        assert transition(known, one) not in OPENS
        known = accepted(known, one)
