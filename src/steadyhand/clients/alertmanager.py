"""Alertmanager's HTTP API (D5): which alerts are active."""

from typing import Annotated

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, FailFast, Field, TypeAdapter

from steadyhand.clients.http import get_json
from steadyhand.clients.prometheus import selector
from steadyhand.profile import Alertmanager

_MAX_BYTES = 16_000_000


class ActiveAlert(BaseModel):
    """One alert as `/api/v2/alerts` shows it. Label texts are hostile (rule 8)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: AwareDatetime = Field(alias="startsAt")

    @property
    def name(self) -> str:
        """The alert's name; Alertmanager does not insist on one."""
        return self.labels.get("alertname", "(unnamed)")


_ALERTS = TypeAdapter(Annotated[tuple[ActiveAlert, ...], FailFast()])


async def active_alerts(settings: Alertmanager, labels: dict[str, str]) -> tuple[ActiveAlert, ...]:
    """The alerts that are active, neither silenced nor inhibited, and carry all of these labels."""
    filters = [("filter", selector({name: value})) for name, value in labels.items()]
    query = httpx.QueryParams([("active", "true"), ("silenced", "false"), ("inhibited", "false"), *filters])
    async with httpx.AsyncClient(timeout=settings.timeout_seconds) as http:
        url = f"{settings.url.rstrip('/')}/api/v2/alerts?{query}"
        return await get_json(http, url, _ALERTS, seconds=settings.timeout_seconds, max_bytes=_MAX_BYTES)
