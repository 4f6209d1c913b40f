"""What Prometheus adds to its alerts on the way to Alertmanager: its external labels."""

import asyncio

import httpx
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from steadyhand.clients.http import get_json
from steadyhand.clients.plain_yaml import plain_yaml
from steadyhand.clients.trust import trusted
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import Prometheus

_MAX_BYTES = 4_000_000


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Yaml(_Wire):
    yaml: str


class _Answer(_Wire):
    data: _Yaml


class _Global(_Wire):
    external_labels: dict[str, str] = Field(default_factory=dict)


class _Config(_Wire):
    whole: _Global = Field(default_factory=_Global, alias="global")


_ANSWER = TypeAdapter(_Answer)


async def external_labels(settings: Prometheus) -> dict[str, str]:
    """The labels that every alert gets that does not have them. Raises as `clients.http.get_json`."""
    address = f"{settings.url.rstrip('/')}/api/v1/status/config"
    async with httpx.AsyncClient(timeout=settings.timeout_seconds, verify=trusted()) as http:
        answer = await get_json(http, address, _ANSWER, seconds=settings.timeout_seconds, max_bytes=_MAX_BYTES)
    try:
        # Seconds for a large one: others must not wait for it.
        found = await asyncio.to_thread(plain_yaml, answer.data.yaml)
        return _Config.model_validate(found).whole.external_labels
    except (yaml.YAMLError, ValidationError, RecursionError) as error:
        raise UnexpectedAnswer(f"{settings.url} shows no configuration that could be understood") from error
