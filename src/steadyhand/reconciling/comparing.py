"""What Alertmanager has, beside what is known here: what arrives, and what has vanished. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from steadyhand.clients.alertmanager import RoutedAlert
from steadyhand.domain.alert import Alert, AlertStatus
from steadyhand.domain.incident import Environment
from steadyhand.reconciling.asking import Answer
from steadyhand.store.alerts import KnownAlert


def arriving(
    answers: Mapping[str, Answer], known: Mapping[str, KnownAlert]
) -> dict[str, list[tuple[RoutedAlert, Alert | None]]]:
    """By address, the alerts that are active there and news here, each with what is known of it.

    One that several peers have comes from the one that tells of the latest start. What is silenced or inhibited opens
    nothing: it is only still there.
    """
    newest: dict[str, tuple[str, RoutedAlert]] = {}
    for address, answer in answers.items():
        for alert in answer.alerts:
            if alert.is_active and (alert.fingerprint not in newest or _later(alert, newest[alert.fingerprint][1])):
                newest[alert.fingerprint] = (address, alert)
    found: dict[str, list[tuple[RoutedAlert, Alert | None]]] = {}
    for fingerprint, (address, alert) in newest.items():
        before = known[fingerprint].alert if fingerprint in known else None
        if _is_news(alert, before):
            found.setdefault(address, []).append((alert, before))
    return found


def vanished(
    firing: Iterable[KnownAlert],
    answers: Mapping[str, Answer],
    clusters: Mapping[Environment, Collection[str]],
    at: datetime,
) -> tuple[KnownAlert, ...]:
    """The alerts that fire here and that no Alertmanager has, where every one of their cluster could say so."""
    there = {alert.fingerprint for answer in answers.values() for alert in answer.alerts}
    complete = {address for address, answer in answers.items() if answer.is_complete(at)}
    deciding = {name: bool(members) and complete.issuperset(members) for name, members in clusters.items()}
    return tuple(
        one for one in firing if one.alert.fingerprint not in there and deciding.get(one.alert.key.environment, False)
    )


def is_same_start(shown: datetime, known: datetime) -> bool:
    """Alertmanager's API cuts instants off after the millisecond; its webhook does not."""
    return shown == _cut(known)


def _is_news(alert: RoutedAlert, before: Alert | None) -> bool:
    start = alert.starts_at
    if before is None or start is None:
        return True
    if not is_same_start(start, before.starts_at):
        return start > before.starts_at
    if before.status is AlertStatus.FIRING:
        return False
    # A peer that missed the resolve lists the alert until it times out: only what it was told since then counts.
    return before.ends_at is None or alert.updated_at > before.ends_at


def _later(one: RoutedAlert, other: RoutedAlert) -> bool:
    mine, theirs = one.starts_at, other.starts_at
    if mine is None or theirs is None or mine == theirs:
        return mine is not None and (theirs is None or one.updated_at > other.updated_at)
    return mine > theirs


def _cut(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
