"""Alertmanager's silences, through its HTTP API: found, added and expired."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, FailFast, Field, JsonValue, TypeAdapter

from steadyhand.clients.exchange import Question, exchanged
from steadyhand.clients.http import get_json, post_json
from steadyhand.profile import Alertmanager

_MAX_BYTES = 16_000_000
_EXPIRED = "expired"
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
"""It becomes part of a path (rule 8)."""


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Status(_Wire):
    state: str


class Silence(_Wire):
    """One silence as `/api/v2/silences` shows it; anybody may have written what it says."""

    id: _Id
    ends_at: AwareDatetime = Field(alias="endsAt")
    created_by: str = Field(default="", alias="createdBy")
    comment: str = ""
    status: _Status


class _Added(_Wire):
    id: _Id = Field(alias="silenceID")


_SILENCES = TypeAdapter(Annotated[tuple[Silence, ...], FailFast()])
_ADDED = TypeAdapter(_Added)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Alerts that carry, of each label, one of these values are silent from `start` until `end`."""

    labels: Mapping[str, tuple[str, ...]]
    start: datetime
    end: datetime
    created_by: str
    comment: str

    def body(self) -> JsonValue:
        """As Alertmanager takes it."""
        return {
            "matchers": [_matcher(name, values) for name, values in self.labels.items()],
            "startsAt": self.start.isoformat(),
            "endsAt": self.end.isoformat(),
            "createdBy": self.created_by,
            "comment": self.comment,
        }


def _matcher(name: str, values: tuple[str, ...]) -> JsonValue:
    """Exactly one of the values, which are plain text whatever they hold (rule 8): Alertmanager anchors expressions."""
    several = len(values) > 1
    value = "|".join(re.escape(one) for one in values) if several else values[0]
    return {"name": name, "value": value, "isRegex": several, "isEqual": True}


async def standing(settings: Alertmanager, *, created_by: str, mark: str) -> tuple[Silence, ...]:
    """The silences of this author whose comment begins with the mark and that have not ended.

    Raises as `clients.http.get_json`.
    """
    async with httpx.AsyncClient(timeout=settings.timeout_seconds) as http:
        url = _address(settings, "silences")
        every = await get_json(http, url, _SILENCES, seconds=settings.timeout_seconds, max_bytes=_MAX_BYTES)
    mine = (one for one in every if one.created_by == created_by and one.comment.startswith(mark))
    return tuple(one for one in mine if one.status.state != _EXPIRED)


async def add(settings: Alertmanager, wanted: Wanted) -> str:
    """The id of the silence that now stands. Raises as `clients.http.get_json`."""
    async with httpx.AsyncClient(timeout=settings.timeout_seconds) as http:
        added = await post_json(
            http,
            _address(settings, "silences"),
            wanted.body(),
            _ADDED,
            seconds=settings.timeout_seconds,
            max_bytes=_MAX_BYTES,
        )
    return added.id


async def expire(settings: Alertmanager, silence: Silence) -> None:
    """Alertmanager was told to end it, and did not refuse; whether it has ended, `standing` tells. Raises likewise."""
    async with httpx.AsyncClient(timeout=settings.timeout_seconds) as http:
        question = Question("DELETE", _address(settings, f"silence/{silence.id}"), {})
        await exchanged(http, question, settings.timeout_seconds, _MAX_BYTES)


def _address(settings: Alertmanager, path: str) -> str:
    return f"{settings.url.rstrip('/')}/api/v2/{path}"
