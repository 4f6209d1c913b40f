"""What an arriving alert means beside what is already known of it (notes of Alertmanager's behaviour, contract 4)."""

from enum import StrEnum

from steadyhand.domain.alert import Alert, AlertStatus


class Transition(StrEnum):
    """`OPENS` transitions open an incident or join the open one; the others never do."""

    NEW = "fires"
    SUPERSEDED = "fires anew"
    REOPENED = "fires again"
    RESOLVED = "resolved"
    RESOLVED_UNSEEN = "resolved, never seen firing"
    REPEAT = "repeat"
    LATE = "late, ignored"


OPENS = frozenset({Transition.NEW, Transition.SUPERSEDED, Transition.REOPENED})
CHANGES = OPENS | {Transition.RESOLVED, Transition.RESOLVED_UNSEEN}


def transition(known: Alert | None, arriving: Alert) -> Transition:
    """What happened to this fingerprint. `known` is its state as `after` left it, None when never seen."""
    firing = arriving.status is AlertStatus.FIRING
    if known is None:
        return Transition.NEW if firing else Transition.RESOLVED_UNSEEN
    if arriving.starts_at < known.starts_at:
        return Transition.LATE
    if arriving.starts_at > known.starts_at:
        return Transition.SUPERSEDED if firing else Transition.RESOLVED
    if firing:
        return Transition.REPEAT if known.status is AlertStatus.FIRING else Transition.REOPENED
    return _end(known, arriving)


def _end(known: Alert, arriving: Alert) -> Transition:
    """A resolve of the start that is known: only a later end than the last one is news."""
    if known.ends_at is None:
        return Transition.RESOLVED
    if arriving.ends_at is None or arriving.ends_at < known.ends_at:
        return Transition.LATE
    if arriving.ends_at > known.ends_at:
        return Transition.RESOLVED
    return Transition.REPEAT if known.status is AlertStatus.RESOLVED else Transition.LATE


def after(known: Alert | None, arriving: Alert) -> Alert:
    """The alert's state after the delivery.

    One that fires again keeps the end it had: a copy of the old resolve, from a peer or a retry, must not end it anew.
    """
    move = transition(known, arriving)
    if known is not None and move not in CHANGES:
        return known
    if known is not None and move is Transition.REOPENED:
        return arriving.model_copy(update={"ends_at": known.ends_at})
    return arriving
