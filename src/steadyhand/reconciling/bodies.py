"""What a look found, as a notification of its own. Pure.

It is written as Alertmanager writes one, so that it is kept, judged, shown and replayed like any other.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from pydantic import JsonValue

from steadyhand.clients.alertmanager import RoutedAlert
from steadyhand.domain.alert import Alert, AlertStatus
from steadyhand.reconciling.comparing import is_same_start

NO_END = "0001-01-01T00:00:00Z"
LARGEST = 500
"""About as many alerts are in one notification at most."""
Wire = dict[str, JsonValue]


def firing(alert: RoutedAlert, before: Alert | None) -> Wire:
    """An alert that is active in Alertmanager. Where its start is the one that is known, it is told as exactly."""
    start = alert.starts_at
    same = before is not None and start is not None and is_same_start(start, before.starts_at)
    return _wire(
        AlertStatus.FIRING,
        alert.fingerprint,
        alert.labels,
        alert.annotations,
        before.starts_at.isoformat() if before is not None and same else alert.started,
        NO_END,
        alert.generator_url,
    )


def resolved(alert: Alert, at: datetime) -> Wire:
    """An alert that is known here, and over."""
    start = alert.starts_at.isoformat()
    return _wire(AlertStatus.RESOLVED, alert.fingerprint, alert.labels, alert.annotations, start, at.isoformat())


def fired(fingerprint: str, labels: Mapping[str, str], start: datetime, end: datetime | None) -> Iterator[Wire]:
    """An alert that fired from start on, and, where there is an end, that it is over."""
    yield _wire(AlertStatus.FIRING, fingerprint, labels, {}, start.isoformat(), NO_END)
    if end is not None:
        yield _wire(AlertStatus.RESOLVED, fingerprint, labels, {}, start.isoformat(), end.isoformat())


def portions(wires: Iterable[Wire]) -> Iterator[list[Wire]]:
    """What goes into one notification each. All that is told of one alert, one after the other, stays together."""
    portion: list[Wire] = []
    for _, same in groupby(wires, key=itemgetter("fingerprint")):
        if len(portion) >= LARGEST:
            yield portion
            portion = []
        portion += same
    if portion:
        yield portion


def body(wires: Sequence[Wire], *, address: str) -> bytes:
    """The notification with these alerts."""
    whole = {
        "version": "4",
        "groupKey": "reconcile",
        "receiver": "steadyhand",
        "externalURL": address,
        "alerts": [*wires],
    }
    return json.dumps(whole).encode()


def _wire(
    status: AlertStatus,
    fingerprint: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    starts: str,
    ends: str,
    generator: str = "",
) -> Wire:
    return {
        "status": status.value,
        "fingerprint": fingerprint,
        "labels": dict(labels),
        "annotations": dict(annotations),
        "startsAt": starts,
        "endsAt": ends,
        "generatorURL": generator,
    }
