"""From samples of ALERTS to episodes: from when to when an alert fired. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from steadyhand.domain.fingerprint import fingerprint
from steadyhand.domain.series import Series

_LONGEST_GAP = 300.0
_MISSED_EVALUATIONS = 3
_NOT_THE_ALERTS = ("__name__", "alertstate")


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One alert fired from its first sample to its last; `is_over` unless it fires now.

    `own` are the labels it has in Prometheus; `labels` those that Alertmanager was sent, as far as Prometheus tells.
    """

    own: Mapping[str, str]
    labels: Mapping[str, str]
    first: datetime
    last: datetime
    is_over: bool

    @property
    def fingerprint(self) -> str:
        """Alertmanager's name for it."""
        return fingerprint(self.labels)


@dataclass(slots=True)
class _Run:
    first: float
    last: float
    is_over: bool = True


class Episodes:
    """Folds samples piece by piece, each piece later than the one before, and keeps no more than the ends of episodes.

    The samples of one evaluation after the other are one episode; where a few are missing between them, two.
    """

    def __init__(self) -> None:
        self._runs: dict[frozenset[tuple[str, str]], list[_Run]] = {}
        self._steps: dict[frozenset[tuple[str, str]], float] = {}

    def add(self, piece: Iterable[Series]) -> None:
        """These samples are in the episodes."""
        for series in piece:
            alert = _identity(series)
            for at, _ in series.samples:
                self._sample(alert, at)

    def fires_now(self, firing: Iterable[Series]) -> None:
        """These alerts fire at this instant, and no others."""
        for alert in map(_identity, firing):
            if runs := self._runs.get(alert):
                runs[-1].is_over = False

    def found(self, external: Mapping[str, str]) -> tuple[Episode, ...]:
        """The episodes of each alert, oldest first, with the labels that Prometheus adds to those it sends."""
        return tuple(
            Episode(
                own=dict(alert),
                labels={**external, **dict(alert)},
                first=datetime.fromtimestamp(run.first, UTC),
                last=datetime.fromtimestamp(run.last, UTC),
                is_over=run.is_over,
            )
            for alert, runs in self._runs.items()
            for run in runs
        )

    def _sample(self, alert: frozenset[tuple[str, str]], at: float) -> None:
        runs = self._runs.setdefault(alert, [])
        step = at - runs[-1].last if runs else 0.0
        if runs and step <= 0:
            return
        if not runs or step > min(_LONGEST_GAP, _MISSED_EVALUATIONS * self._steps.get(alert, _LONGEST_GAP)):
            runs.append(_Run(at, at))
        else:
            self._steps[alert] = min(step, self._steps.get(alert, step))
            runs[-1].last = at


def _identity(series: Series) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in series.labels.items() if name not in _NOT_THE_ALERTS)
