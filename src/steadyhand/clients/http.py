"""One bounded HTTP call: in time, in size, and with the library's errors told in ours."""

import asyncio
from typing import TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from steadyhand.errors import TransientError, UnexpectedAnswer

_SHOWN = 120
T = TypeVar("T")


async def get_text(client: httpx.AsyncClient, url: str, *, seconds: float, max_bytes: int) -> str:
    """The body of a 200 answer, decoded.

    Raises TransientError when nothing answers in `seconds` all told, or with 5xx; UnexpectedAnswer on any other status
    (redirects included: they are not followed) and on a body over `max_bytes`.
    """
    try:
        async with asyncio.timeout(seconds), client.stream("GET", url, follow_redirects=False) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > max_bytes:
                    raise UnexpectedAnswer(f"GET {url} answered more than {max_bytes} bytes; reading was stopped")
    except (TimeoutError, httpx.TimeoutException) as error:
        raise TransientError(f"GET {url} gave no whole answer within {seconds:g} s") from error
    except httpx.HTTPError as error:
        raise TransientError(f"GET {url} failed: {error or type(error).__name__}") from error
    text = _decoded(bytes(body), response.encoding)
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise TransientError(f"GET {url} answered {response.status_code}: {_start(text)}")
    if response.status_code != httpx.codes.OK:
        raise UnexpectedAnswer(f"GET {url} answered {response.status_code}: {_start(text)}")
    return text


async def get_json(client: httpx.AsyncClient, url: str, shape: TypeAdapter[T], *, seconds: float, max_bytes: int) -> T:
    """The answer in this shape. Raises as `get_text`, and UnexpectedAnswer when the body is not of the shape."""
    text = await get_text(client, url, seconds=seconds, max_bytes=max_bytes)
    try:
        return shape.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnexpectedAnswer(
            f"GET {url} answered something else than documented ({where or 'body'}: {first['msg']}): {_start(text)}"
        ) from error


def _decoded(body: bytes, encoding: str | None) -> str:
    """Text, whatever the answer calls its encoding: some of Python's codecs are none for text."""
    try:
        return body.decode(encoding or "utf-8", errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def _start(text: str) -> str:
    flat = " ".join(text.split())
    return flat[:_SHOWN] + ("..." if len(flat) > _SHOWN else "")
