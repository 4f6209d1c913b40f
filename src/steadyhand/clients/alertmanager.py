"""Alertmanager's HTTP API: which alerts are active (D5), and which it has for a receiver (T1)."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, FailFast, Field, TypeAdapter, ValidationError

from steadyhand.clients.http import get_json
from steadyhand.clients.prometheus import selector
from steadyhand.clients.trust import trusted
from steadyhand.domain.record import Text
from steadyhand.profile import Alertmanager

_MAX_BYTES = 16_000_000
_MAX_BYTES_OF_ALL = 32_000_000
_INSTANT = TypeAdapter(AwareDatetime)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ActiveAlert(_Wire):
    """One alert as `/api/v2/alerts` shows it. Label texts are hostile (rule 8)."""

    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: AwareDatetime = Field(alias="startsAt")

    @property
    def name(self) -> str:
        """The alert's name; Alertmanager does not insist on one."""
        return self.labels.get("alertname", "(unnamed)")


class _Named(_Wire):
    name: str


class _State(_Wire):
    state: Literal["active", "suppressed", "unprocessed"]
    silenced_by: tuple[Text, ...] = Field(default=(), alias="silencedBy")
    inhibited_by: tuple[Text, ...] = Field(default=(), alias="inhibitedBy")


class RoutedAlert(_Wire):
    """One alert that Alertmanager has for a receiver, whatever its state. Label texts are hostile (rule 8).

    Its instants come in whole milliseconds, cut off, though Alertmanager itself and its webhook know them finer.
    `started` and `ends` are as they were written: whoever posts alerts may choose any.
    """

    fingerprint: Text = Field(min_length=1, max_length=64)
    labels: dict[Text, Text]
    annotations: dict[Text, Text] = Field(default_factory=dict)
    started: Text = Field(alias="startsAt")
    ends: Text = Field(alias="endsAt")
    updated_at: AwareDatetime = Field(alias="updatedAt")
    """When Prometheus last told of it."""
    generator_url: Text = Field(default="", alias="generatorURL")
    receivers: tuple[_Named, ...]
    status: _State

    @property
    def starts_at(self) -> datetime | None:
        """When it began to fire; None where that is no instant of ours: Go's calendar begins with the year 0."""
        try:
            return _INSTANT.validate_python(self.started)
        except ValidationError:
            return None

    @property
    def is_active(self) -> bool:
        """Whether it fires, neither silenced nor inhibited."""
        return self.status.state == "active"


_ALERTS = TypeAdapter(Annotated[tuple[ActiveAlert, ...], FailFast()])
_ROUTED = TypeAdapter(Annotated[tuple[RoutedAlert, ...], FailFast()])
_RECEIVERS = TypeAdapter(Annotated[tuple[_Named, ...], FailFast()])


async def active_alerts(settings: Alertmanager, labels: dict[str, str]) -> tuple[ActiveAlert, ...]:
    """The alerts that are active, neither silenced nor inhibited, and carry all of these labels."""
    filters = [("filter", selector({name: value})) for name, value in labels.items()]
    query = httpx.QueryParams([("active", "true"), ("silenced", "false"), ("inhibited", "false"), *filters])
    async with httpx.AsyncClient(timeout=settings.timeout_seconds, verify=trusted()) as http:
        url = f"{settings.url.rstrip('/')}/api/v2/alerts?{query}"
        return await get_json(http, url, _ALERTS, seconds=settings.timeout_seconds, max_bytes=_MAX_BYTES)


async def routed_alerts(url: str, receivers: Collection[str], *, seconds: float) -> tuple[RoutedAlert, ...]:
    """Every alert, active or not, that the Alertmanager at this address has for one of these receivers.

    Raises as `clients.http.get_json`.
    """
    every = ("active", "silenced", "inhibited", "unprocessed")
    # It anchors the expression at both ends.
    names = "|".join(re.escape(name) for name in receivers)
    query = httpx.QueryParams([*((state, "true") for state in every), ("receiver", names)])
    async with httpx.AsyncClient(timeout=seconds, verify=trusted()) as http:
        address = f"{url.rstrip('/')}/api/v2/alerts?{query}"
        found = await get_json(http, address, _ROUTED, seconds=seconds, max_bytes=_MAX_BYTES_OF_ALL)
    return tuple(alert for alert in found if any(one.name in receivers for one in alert.receivers))


async def receiver_names(url: str, *, seconds: float) -> tuple[str, ...]:
    """The receivers that the Alertmanager at this address is configured with. Raises as `clients.http.get_json`."""
    async with httpx.AsyncClient(timeout=seconds, verify=trusted()) as http:
        address = f"{url.rstrip('/')}/api/v2/receivers"
        found = await get_json(http, address, _RECEIVERS, seconds=seconds, max_bytes=_MAX_BYTES)
    return tuple(one.name for one in found)
