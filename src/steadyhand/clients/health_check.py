"""Whether a service calls itself well, for those who wait for a deployment (F4)."""

from dataclasses import dataclass

import httpx
from pydantic import TypeAdapter

from steadyhand.clients.http import get_json
from steadyhand.clients.orchestrator import Health
from steadyhand.clients.trust import trusted
from steadyhand.errors import TransientError, UnexpectedAnswer

_HEALTH = TypeAdapter(Health)
_MAX_BYTES = 100_000


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """The address of the orchestrator's health, and its words for being well."""

    url: str
    healthy: tuple[str, ...]

    async def passed(self, seconds: float) -> Health | None:
        """What it says of itself, or None when it does not say within `seconds` that it is well."""
        try:
            async with httpx.AsyncClient(timeout=seconds, verify=trusted()) as http:
                health = await get_json(http, self.url, _HEALTH, seconds=seconds, max_bytes=_MAX_BYTES)
        except (TransientError, UnexpectedAnswer):
            return None
        return health if health.is_one_of(self.healthy) else None
