"""What one sender tells over time. Only it sends its fingerprints, one body after another: their order is defined."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from steadyhand.domain.alert import AlertStatus, IncidentKey
from tests.chaos.notification import Composed, SentAlert, fingerprint, garbled, told, with_a_stray

_ALERTS_PER_GROUP = 5
_FIRST_UNSEEN = 100
_EPOCH = datetime(2026, 1, 5, tzinfo=UTC)


class Composer:
    """The alerts of one sender. Every `compose` moves one group on by one event."""

    def __init__(self, sender: str, seed: str) -> None:
        self._sender = sender
        self._chosen = random.Random(seed)  # noqa: S311 - replayable, not secret
        self._groups: dict[IncidentKey, dict[str, SentAlert]] = {}
        self._ticks = 0
        weights: dict[Callable[[IncidentKey], Composed], int] = {
            self._repeat: 6,
            self._fire: 5,
            self._resolve: 4,
            self._fire_again: 3,
            self._fire_anew: 2,
            self._come_late: 2,
            self._resolve_unseen: 1,
            self._stray: 1,
            self._garble: 1,
        }
        self._events, self._weights = list(weights), list(weights.values())

    def knows(self, key: IncidentKey) -> bool:
        """Something of this key has been composed."""
        return key in self._groups

    def compose(self, keys: Sequence[IncidentKey]) -> Composed:
        """The next notification: of the first key that is new here, else of any key and with any event."""
        for key in keys:
            if key not in self._groups:
                self._groups[key] = {}
                return self._fire(key)
        (event,) = self._chosen.choices(self._events, self._weights)
        return event(self._chosen.choice(keys))

    def _repeat(self, key: IncidentKey) -> Composed:
        return told(key, self._groups[key].values())

    def _fire(self, key: IncidentKey) -> Composed:
        """A new alert joins the group, or a resolved one fires with a newer start."""
        name = fingerprint(self._sender, key, self._chosen.randrange(_ALERTS_PER_GROUP))
        known = self._groups[key].get(name)
        if known is not None and known.status is AlertStatus.FIRING:
            return self._repeat(key)
        return self._moved(self._firing(name, key))

    def _resolve(self, key: IncidentKey) -> Composed:
        alert = self._one(key, AlertStatus.FIRING)
        return self._fire(key) if alert is None else self._moved(self._resolved(alert))

    def _fire_again(self, key: IncidentKey) -> Composed:
        """A flap with the same start."""
        alert = self._one(key, AlertStatus.RESOLVED)
        if alert is None:
            return self._resolve(key)
        return self._moved(replace(alert, status=AlertStatus.FIRING, ends_at=None))

    def _fire_anew(self, key: IncidentKey) -> Composed:
        """A flap with a newer start, and never a resolve for the old one."""
        alert = self._one(key, AlertStatus.FIRING)
        return self._fire(key) if alert is None else self._moved(replace(alert, starts_at=self._now()))

    def _come_late(self, key: IncidentKey) -> Composed:
        """An older state, out of order: it must change nothing."""
        alert = self._one(key, AlertStatus.RESOLVED) or self._one(key, AlertStatus.FIRING)
        if alert is None:
            return self._fire(key)
        started = alert.starts_at - timedelta(hours=1)
        return told(key, [replace(alert, status=AlertStatus.FIRING, starts_at=started, ends_at=None)])

    def _resolve_unseen(self, key: IncidentKey) -> Composed:
        name = fingerprint(self._sender, key, _FIRST_UNSEEN + self._ticks)
        return told(key, [self._resolved(self._firing(name, key))])

    def _stray(self, key: IncidentKey) -> Composed:
        return with_a_stray(key, self._groups[key].values())

    def _garble(self, key: IncidentKey) -> Composed:
        return garbled(key)

    def _moved(self, alert: SentAlert) -> Composed:
        self._groups[alert.key][alert.fingerprint] = alert
        return self._repeat(alert.key)

    def _one(self, key: IncidentKey, status: AlertStatus) -> SentAlert | None:
        found = [alert for alert in self._groups[key].values() if alert.status is status]
        return self._chosen.choice(found) if found else None

    def _firing(self, name: str, key: IncidentKey) -> SentAlert:
        return SentAlert(fingerprint=name, key=key, status=AlertStatus.FIRING, starts_at=self._now(), ends_at=None)

    def _resolved(self, alert: SentAlert) -> SentAlert:
        return replace(alert, status=AlertStatus.RESOLVED, ends_at=self._now())

    def _now(self) -> datetime:
        self._ticks += 1
        return _EPOCH + timedelta(seconds=self._ticks)
