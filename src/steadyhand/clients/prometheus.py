"""Prometheus' HTTP API (D4, E3), through prometheus-api-client in a thread: the library is synchronous.

Its own retries are off (they multiply with Prefect's), and its answers are bounded in size and time, thread and all.
"""

import asyncio
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.exceptions import LocationValueError

from steadyhand.clients import quoting
from steadyhand.clients.bounded_session import BoundedAdapter, NotAskedFor
from steadyhand.domain.series import Series
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.profile import Prometheus

_MAX_BYTES = 16_000_000
_WORDS_SHOWN = 300
_ITS_FAULT = re.compile(r"HTTP Status Code 5\d\d ")
_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidProxyURL,
    LocationValueError,
)
T = TypeVar("T")


def selector(labels: dict[str, str]) -> str:
    """`name="value"` pairs for the inside of braces, values escaped: they may come from alerts (rule 8)."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items()))


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


class PrometheusClient:
    """One Prometheus server. Holds no connection open between calls."""

    def __init__(self, settings: Prometheus, *, max_bytes: int = _MAX_BYTES) -> None:
        url = settings.url.rstrip("/")
        self._name = f"Prometheus at {quoting.address(url)}"
        self._seconds = settings.timeout_seconds
        session = requests.Session()
        try:
            self._library = PrometheusConnect(url=url, timeout=settings.timeout_seconds, session=session)
        except ValueError as error:
            raise ConfigurationError(f"{self._name} cannot be asked: {error}") from error
        # After the library, which mounts an adapter of its own there.
        session.mount(url, BoundedAdapter(max_bytes=max_bytes, seconds=settings.timeout_seconds))

    async def value(self, expression: str, at: datetime | None = None) -> float | None:
        """The single value of an instant query, or None when there is no data or it is NaN. No data is not zero."""
        found = await self._query(expression, at)
        if len(found) > 1:
            raise UnexpectedAnswer(f"Prometheus answered {len(found)} series to {expression}, wanted one")
        with self._understood():
            return _number(found[0]["value"][1]) if found else None

    async def samples(self, series: str, *, seconds: float, at: datetime | None = None) -> tuple[Series, ...]:
        """The raw finite samples of a series selector over the `seconds` before `at` (default: now), oldest first."""
        found = await self._query(f"{series}[{math.ceil(seconds)}s]", at)
        with self._understood():
            return _with_data(found)

    async def at(self, expression: str, instant: datetime) -> tuple[Series, ...]:
        """The series of an instant query, each with its one sample; exact, where a range begins at a whole second."""
        found = await self._query(expression, instant)
        with self._understood():
            return _with_data([{"metric": one["metric"], "values": [one["value"]]} for one in found])

    async def over(self, expression: str, *, start: datetime, end: datetime, step_seconds: float) -> tuple[Series, ...]:
        """A range query's points from start to end, both included."""
        found = await self._call(
            lambda: self._library.custom_query_range(expression, start, end, f"{step_seconds:g}"), expression
        )
        with self._understood():
            return _with_data(found)

    async def _query(self, expression: str, at: datetime | None) -> list[dict[str, Any]]:
        params = {"time": at.timestamp()} if at else None
        return await self._call(lambda: self._library.custom_query(expression, params=params), expression)

    async def _call(self, call: Callable[[], Any], expression: str) -> list[dict[str, Any]]:
        try:
            # The library's timeout is one for each read; this one is for the whole answer.
            with self._understood():
                async with asyncio.timeout(self._seconds):
                    found: list[dict[str, Any]] = await asyncio.to_thread(call)
        except TimeoutError as error:
            raise TransientError(f"{self._name} gave no whole answer in {self._seconds:g} s") from error
        except _NO_ADDRESS as error:
            raise ConfigurationError(f"{self._name} cannot be asked: {error}") from error
        except NotAskedFor as error:
            raise UnexpectedAnswer(f"{self._name} {error}") from error
        except requests.exceptions.RequestException as error:
            raise TransientError(f"{self._name} does not answer: {error}") from error
        except PrometheusApiClientException as error:
            words = str(error)[:_WORDS_SHOWN]
            kind = TransientError if _ITS_FAULT.match(words) else UnexpectedAnswer
            raise kind(f"{self._name} refused {expression}: {words}") from error
        if not isinstance(found, list):
            raise UnexpectedAnswer(f"{self._name} answered no series to {expression}")
        return found

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except (requests.exceptions.RequestException, LocationValueError, TimeoutError) as error:
            if isinstance(error, requests.exceptions.JSONDecodeError):
                raise self._strange(error) from error
            raise
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
            raise self._strange(error) from error

    def _strange(self, error: Exception) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"{self._name} does not answer as Prometheus does: {repr(error)[:_WORDS_SHOWN]}")


def _with_data(found: list[dict[str, Any]]) -> tuple[Series, ...]:
    """The series that have a finite sample: of one with nothing but NaN no number is known, not even zero."""
    series = (_series(row["metric"], row["values"]) for row in found)
    return tuple(one for one in series if one.samples)


def _series(labels: dict[str, str], values: list[tuple[float, str]]) -> Series:
    points = ((float(at), _number(value)) for at, value in values)
    return Series(labels=labels, samples=tuple((at, value) for at, value in points if value is not None))


def _number(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None
