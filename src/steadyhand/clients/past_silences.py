"""Alertmanager's silences, those that have ended included: what was silent, and when."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, FailFast, Field, TypeAdapter

from steadyhand.clients.http import get_json
from steadyhand.clients.trust import trusted

_MAX_BYTES = 16_000_000
_LONGEST = 2000
_SEAM = timedelta(seconds=1)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Matcher(_Wire):
    name: str
    value: str
    is_regex: bool = Field(alias="isRegex")
    is_equal: bool = Field(default=True, alias="isEqual")

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the label, empty when absent, is as it says. What cannot be understood matches nothing."""
        real = labels.get(self.name, "")
        if not self.is_regex:
            return (real == self.value) is self.is_equal
        if len(real) > _LONGEST:
            return False
        try:
            return bool(re.fullmatch(self.value, real)) is self.is_equal
        except re.error:
            return False


class PastSilence(_Wire):
    """One silence. Alertmanager remembers it for days after its end."""

    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime = Field(alias="endsAt")
    matchers: tuple[_Matcher, ...]


_SILENCES = TypeAdapter(Annotated[tuple[PastSilence, ...], FailFast()])


async def past_silences(url: str, *, seconds: float) -> tuple[PastSilence, ...]:
    """The silences of the Alertmanager at this address, old and new. Raises as `clients.http.get_json`."""
    async with httpx.AsyncClient(timeout=seconds, verify=trusted()) as http:
        address = f"{url.rstrip('/')}/api/v2/silences"
        return await get_json(http, address, _SILENCES, seconds=seconds, max_bytes=_MAX_BYTES)


def was_silent(silences: Iterable[PastSilence], labels: Mapping[str, str], start: datetime, end: datetime) -> bool:
    """Whether an alert with these labels was silenced from start to end without a break.

    One that is prolonged becomes two, the second beginning where the first ends.
    """
    matching = [one for one in silences if all(matcher.matches(labels) for matcher in one.matchers)]
    until = start
    for one in sorted(matching, key=lambda s: s.starts_at):
        seam = _SEAM if until > start else timedelta()
        if one.starts_at <= until + seam:
            until = max(until, one.ends_at)
    return until > start and until >= end
