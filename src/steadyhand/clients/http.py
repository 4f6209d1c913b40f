"""One bounded HTTP call: in time, in size, and with the library's errors told in ours."""

import json
from collections.abc import Mapping
from typing import TypeVar

import httpx
from pydantic import JsonValue, TypeAdapter, ValidationError

from steadyhand.clients import quoting
from steadyhand.clients.exchange import Question, exchanged
from steadyhand.errors import UnexpectedAnswer

T = TypeVar("T")


async def get_text(
    client: httpx.AsyncClient, url: str, *, seconds: float, max_bytes: int, headers: Mapping[str, str] | None = None
) -> str:
    """The body of a 200 answer, which is UTF-8 whatever it calls itself.

    Raises TransientError when nothing answers in `seconds` all told, or with 429 or 5xx; NotAdmitted on 401 and 403;
    UnexpectedAnswer on any other status (redirects included: they are not followed), on a body over `max_bytes`, and on
    a compressed one, which was not asked for: a few kilobytes of it can hold gigabytes. Raises ConfigurationError for
    what is no address.
    """
    return await exchanged(client, Question("GET", url, headers or {}), seconds, max_bytes)


async def get_json(
    client: httpx.AsyncClient,
    url: str,
    shape: TypeAdapter[T],
    *,
    seconds: float,
    max_bytes: int,
    headers: Mapping[str, str] | None = None,
) -> T:
    """The answer in this shape. Raises as `get_text`, and UnexpectedAnswer when the body is not of the shape."""
    question = Question("GET", url, headers or {})
    return _shaped(question, await exchanged(client, question, seconds, max_bytes), shape)


async def post_json(
    client: httpx.AsyncClient,
    url: str,
    body: JsonValue,
    shape: TypeAdapter[T],
    *,
    seconds: float,
    max_bytes: int,
    headers: Mapping[str, str] | None = None,
) -> T:
    """The answer, 200 or 201, to this JSON body. Raises as `get_json`."""
    question = Question("POST", url, {**(headers or {}), "Content-Type": "application/json"}, json.dumps(body))
    return _shaped(question, await exchanged(client, question, seconds, max_bytes), shape)


def _shaped(question: Question, text: str, shape: TypeAdapter[T]) -> T:
    try:
        return shape.validate_json(text)
    except ValidationError as error:
        raise UnexpectedAnswer(
            f"{question} answered something else than documented ({quoting.fault(error)}): {question.start(text)}"
        ) from error
