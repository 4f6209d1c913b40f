"""What one Alertmanager says of itself: its version, its cluster, since when it runs, and its configuration."""

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from steadyhand.clients.http import get_json
from steadyhand.clients.trust import trusted

_MAX_BYTES = 2_000_000


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Cluster(_Wire):
    status: str


class _Version(_Wire):
    version: str


class _Config(_Wire):
    original: str


class Status(_Wire):
    """`/api/v2/status`."""

    cluster: _Cluster
    version: _Version = Field(alias="versionInfo")
    config: _Config
    started_at: AwareDatetime | None = Field(default=None, alias="uptime")


_STATUS = TypeAdapter(Status)


async def status_of(url: str, *, seconds: float) -> Status:
    """The status of the Alertmanager at this address. Raises as `clients.http.get_json`."""
    async with httpx.AsyncClient(timeout=seconds, verify=trusted()) as http:
        address = f"{url.rstrip('/')}/api/v2/status"
        return await get_json(http, address, _STATUS, seconds=seconds, max_bytes=_MAX_BYTES)
