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
    """What happened to this fingerprint. `known` is its last accepted state, None when never seen."""
    firing = arriving.status is AlertStatus.FIRING
    if known is None:
        return Transition.NEW if firing else Transition.RESOLVED_UNSEEN
    if arriving.starts_at < known.starts_at:
        return Transition.LATE
    if arriving.starts_at > known.starts_at:
        return Transition.SUPERSEDED if firing else Transition.RESOLVED
    if (arriving.status, arriving.ends_at) == (known.status, known.ends_at):
        return Transition.REPEAT
    if firing and known.status is AlertStatus.RESOLVED:
        return Transition.REOPENED
    return Transition.REPEAT if firing else Transition.RESOLVED
