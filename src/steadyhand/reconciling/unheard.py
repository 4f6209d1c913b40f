"""Which alerts that fired were never heard of, neither here nor from Alertmanager. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from steadyhand.clients.alertmanager import RoutedAlert
from steadyhand.clients.past_silences import PastSilence, was_silent
from steadyhand.domain.alert import AlertStatus
from steadyhand.reconciling.episodes import Episode
from steadyhand.store.alerts import KnownAlert

_CLOCKS = timedelta(seconds=1)
Labels = Mapping[str, str]


class _Carrying:
    """Finds the sets of labels that hold all of some others, without comparing each with each."""

    def __init__(self, sets: Sequence[Labels]) -> None:
        self._sets = sets
        self._by_names: dict[tuple[str, ...], dict[tuple[str | None, ...], list[int]]] = {}

    def all_of(self, labels: Labels) -> list[int]:
        """The positions of the sets that hold all of these."""
        names = tuple(sorted(labels))
        if names not in self._by_names:
            index: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
            for position, one in enumerate(self._sets):
                index[tuple(one.get(name) for name in names)].append(position)
            self._by_names[names] = index
        return self._by_names[names].get(tuple(labels[name] for name in names), [])


def unheard(
    episodes: Iterable[Episode],
    known: Sequence[KnownAlert],
    listed: Sequence[RoutedAlert],
    silences: Sequence[PastSilence],
) -> tuple[Episode, ...]:
    """The episodes that nobody has told of.

    Left out is what Alertmanager lists, as that is told by itself, silent or not; what is known here and fired at the
    same time; and what was silenced from beginning to end. The same alert is known by its labels: on the way to
    Alertmanager some may be added, or taken away again.
    """
    here = _Carrying([one.alert.labels for one in known])
    there = _Carrying([alert.labels for alert in listed])

    def is_told(episode: Episode) -> bool:
        if not episode.is_over and there.all_of(episode.own):
            return True
        if any(_at_the_same_time(known[position], episode) for position in here.all_of(episode.own)):
            return True
        return was_silent(silences, episode.labels, episode.first, episode.last)

    return tuple(episode for episode in episodes if not is_told(episode))


def _at_the_same_time(known: KnownAlert, episode: Episode) -> bool:
    alert = known.alert
    if alert.starts_at > episode.last + _CLOCKS:
        return False
    return alert.status is AlertStatus.FIRING or alert.ends_at is None or alert.ends_at + _CLOCKS >= episode.first
