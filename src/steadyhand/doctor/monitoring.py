"""What Prometheus says of itself: the names it has, its targets, its rules. Read only."""

from datetime import timedelta
from typing import TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from steadyhand.clients.http import get_json
from steadyhand.clients.prometheus import selector
from steadyhand.domain.record import utc_now
from steadyhand.profile import Prometheus

_MAX_BYTES = 32_000_000
_LATELY = timedelta(hours=1)
T = TypeVar("T")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Target(_Wire):
    """One address that is scraped."""

    labels: dict[str, str]
    health: str
    scrape_url: str = Field(alias="scrapeUrl")
    scrape_interval: str = Field(default="", alias="scrapeInterval")
    last_error: str = Field(default="", alias="lastError")


class Rule(_Wire):
    """One alert rule. `labels` are those it adds."""

    name: str
    query: str
    labels: dict[str, str] = Field(default_factory=dict)


class _Names(_Wire):
    data: frozenset[str]


class _TargetList(_Wire):
    active: tuple[Target, ...] = Field(alias="activeTargets")


class _Targets(_Wire):
    data: _TargetList


class _Group(_Wire):
    rules: tuple[Rule, ...]


class _Groups(_Wire):
    groups: tuple[_Group, ...]


class _Rules(_Wire):
    data: _Groups


async def names(settings: Prometheus, labels: dict[str, str]) -> frozenset[str]:
    """The names of the series of the last hour that carry these labels; with no labels, all of them.

    Raises TransientError and UnexpectedAnswer as every client.
    """
    start = utc_now() - _LATELY
    query = {"start": f"{start.timestamp():.0f}", "match[]": f"{{{selector(labels)}}}"}
    if not labels:
        query.pop("match[]")
    return (await _get(settings, "label/__name__/values", query, TypeAdapter(_Names))).data


async def targets(settings: Prometheus) -> tuple[Target, ...]:
    """What is scraped. Raises as `names`."""
    return (await _get(settings, "targets", {"state": "active"}, TypeAdapter(_Targets))).data.active


async def alert_rules(settings: Prometheus) -> tuple[Rule, ...]:
    """Every alert rule. Raises as `names`."""
    found = await _get(settings, "rules", {"type": "alert"}, TypeAdapter(_Rules))
    return tuple(rule for group in found.data.groups for rule in group.rules)


async def _get(settings: Prometheus, path: str, query: dict[str, str], shape: TypeAdapter[T]) -> T:
    url = f"{settings.url.rstrip('/')}/api/v1/{path}?{httpx.QueryParams(query)}"
    async with httpx.AsyncClient(timeout=settings.timeout_seconds) as http:
        return await get_json(http, url, shape, seconds=settings.timeout_seconds, max_bytes=_MAX_BYTES)
