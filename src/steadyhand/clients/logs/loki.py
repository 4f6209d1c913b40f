"""A log in Loki, over its HTTP API (D2, D1)."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, FailFast, Field, TypeAdapter

from steadyhand.clients.http import get_json
from steadyhand.clients.logs.entry import instant
from steadyhand.clients.logs.source import FailureLog
from steadyhand.clients.logs.tally import Tally
from steadyhand.clients.trust import trusted
from steadyhand.errors import ConfigurationError, UnexpectedAnswer
from steadyhand.profile import Logs, LokiLogs

T = TypeVar("T")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Stream(_Wire):
    # [nanoseconds, line], and since Loki 3 the structured metadata as a third
    values: Annotated[tuple[tuple[str, str] | tuple[str, str, Any], ...], FailFast()]


class _Streams(_Wire):
    result_type: Literal["streams"] = Field(alias="resultType")
    result: tuple[_Stream, ...]


class _Counted(_Wire):
    value: tuple[float, str]


class _Vector(_Wire):
    result_type: Literal["vector"] = Field(alias="resultType")
    result: tuple[_Counted, ...]


class _Found(_Wire):
    status: Literal["success"]
    data: _Streams
    warnings: tuple[str, ...] | None = None


class _Count(_Wire):
    status: Literal["success"]
    data: _Vector


_FOUND = TypeAdapter(_Found)
_COUNT = TypeAdapter(_Count)


class LokiLog:
    """One question finds the failures; where there are none, a second one tells whether anything was logged at all."""

    def __init__(self, source: LokiLogs, keys: Logs) -> None:
        self._source = source
        self._keys = keys

    async def failures(self, since: datetime, until: datetime) -> FailureLog:
        """See LogSource."""
        seconds = self._source.timeout_seconds
        async with httpx.AsyncClient(timeout=seconds, headers=self._headers(), verify=trusted()) as http:
            found = await self._matching(http, since, until)
            if found.failures_total:
                return found.model_copy(update={"lines_seen": None})
            return found.model_copy(update={"lines_seen": await self._lines(http, since, until)})

    async def _matching(self, http: httpx.AsyncClient, since: datetime, until: datetime) -> FailureLog:
        answer = await self._ask(
            http,
            "query_range",
            _FOUND,
            query=self._query(),
            start=_nanoseconds(since),
            end=_nanoseconds(until) + 1,
            limit=self._source.max_lines,
            direction="backward",
        )
        lines = [value for stream in answer.data.result for value in stream.values]
        tally = Tally(self._keys, since, until)
        for value in lines:
            tally.add_line(value[1], instant(value[0]))
        tally.truncated = len(lines) >= self._source.max_lines or bool(answer.warnings)
        try:
            return tally.result()
        except UnexpectedAnswer as error:
            raise UnexpectedAnswer(f"the log in Loki at {self._source.url} is of another format: {error}") from error

    async def _lines(self, http: httpx.AsyncClient, since: datetime, until: datetime) -> int:
        """How many lines of any event the streams have in the window."""
        seconds = max(1, round((until - since).total_seconds()))
        count = f"sum(count_over_time({self._source.query} [{seconds}s]))"
        answer = await self._ask(http, "query", _COUNT, query=count, time=_nanoseconds(until))
        try:
            return sum(int(float(counted.value[1])) for counted in answer.data.result)
        except (ValueError, OverflowError) as error:
            raise UnexpectedAnswer(f"Loki at {self._source.url} answered a count that is no number") from error

    async def _ask(self, http: httpx.AsyncClient, route: str, shape: TypeAdapter[T], **query: str | int) -> T:
        url = f"{self._source.url.rstrip('/')}/loki/api/v1/{route}?{httpx.QueryParams(query)}"
        return await get_json(http, url, shape, seconds=self._source.timeout_seconds, max_bytes=self._source.max_bytes)

    def _query(self) -> str:
        """The name as structlog writes it inside a line, quoted as LogQL quotes."""
        written = json.dumps(self._keys.failure_event)[1:-1]
        return f"{self._source.query} |= {json.dumps(written)}"

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self._source.tenant:
            headers["X-Scope-OrgID"] = self._source.tenant
        if self._source.token:
            headers["Authorization"] = f"Bearer {self._source.token.resolve().get_secret_value()}"
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                raise ConfigurationError(f"the header {name} for Loki would hold characters that HTTP does not allow")
        return headers


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) * 1000
