"""Asking Prometheus what fired, by its series ALERTS: exact, and bounded whatever the time (T1)."""

from datetime import datetime, timedelta

from steadyhand.clients.prometheus import PrometheusClient
from steadyhand.clients.prometheus_config import external_labels
from steadyhand.errors import SteadyhandError
from steadyhand.profile import Prometheus
from steadyhand.reconciling.episodes import Episode, Episodes

_FIRING = 'ALERTS{alertstate="firing"}'
_PIECE = timedelta(minutes=10)


async def fired(settings: Prometheus, since: datetime, now: datetime) -> tuple[Episode, ...]:
    """Every episode of every alert that fired after `since`. Raises as `PrometheusClient`.

    The samples are read in pieces, so that a long time of many alerts needs no large answer.
    """
    prometheus, episodes = PrometheusClient(settings), Episodes()
    start = since
    while start < now:
        end = min(start + _PIECE, now)
        episodes.add(await prometheus.samples(_FIRING, seconds=(end - start).total_seconds(), at=end))
        start = end
    episodes.fires_now(await prometheus.at(_FIRING, now))
    return episodes.found(await _added(settings))


async def answers(settings: Prometheus, now: datetime) -> None:
    """It can be asked for what fires. Raises as `PrometheusClient`."""
    await PrometheusClient(settings).at(_FIRING, now)


async def _added(settings: Prometheus) -> dict[str, str]:
    """Some services that answer like Prometheus show no configuration; what they send is then told by its labels."""
    try:
        return await external_labels(settings)
    except SteadyhandError:
        return {}
