"""One bounded HTTP call: in time, in size, and with the library's errors told in ours."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import JsonValue, TypeAdapter, ValidationError

from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer

_SHOWN = 120
_FAULTS_READ = 1000
_LOGIN = re.compile(r"//[^/?#]*@")
_NOT_COMPRESSED = {"Accept-Encoding": "identity"}
T = TypeVar("T")


class NotAdmitted(UnexpectedAnswer):
    """401 or 403: no credential, or none that is accepted."""


async def get_text(
    client: httpx.AsyncClient, url: str, *, seconds: float, max_bytes: int, headers: Mapping[str, str] | None = None
) -> str:
    """The body of a 200 answer, which is UTF-8 whatever it calls itself.

    Raises TransientError when nothing answers in `seconds` all told, or with 429 or 5xx; NotAdmitted on 401 and 403;
    UnexpectedAnswer on any other status (redirects included: they are not followed), on a body over `max_bytes`, and on
    a compressed one, which was not asked for: a few kilobytes of it can hold gigabytes. Raises ConfigurationError for
    what is no address.
    """
    return await _text(client, _Question("GET", url, headers or {}), seconds, max_bytes)


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
    question = _Question("GET", url, headers or {})
    return _shaped(question, await _text(client, question, seconds, max_bytes), shape)


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
    question = _Question("POST", url, {**(headers or {}), "Content-Type": "application/json"}, json.dumps(body))
    return _shaped(question, await _text(client, question, seconds, max_bytes), shape)


@dataclass(frozen=True)
class _Question:
    method: str
    url: str
    headers: Mapping[str, str]
    content: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {_LOGIN.sub('//', self.url)}"

    def start(self, text: str) -> str:
        """How an answer begins, without what our headers held: some servers repeat the token they refuse."""
        for value in filter(None, self.headers.values()):
            text = text.replace(value.removeprefix("Bearer "), "(withheld)")
        return _start(text)


async def _text(client: httpx.AsyncClient, question: _Question, seconds: float, max_bytes: int) -> str:
    response, body = await _answer(client, question, seconds, max_bytes)
    text = "" if _is_compressed(response) else body.decode("utf-8", errors="replace")
    code = response.status_code
    if code >= httpx.codes.INTERNAL_SERVER_ERROR or code == httpx.codes.TOO_MANY_REQUESTS:
        raise TransientError(f"{question} answered {code}: {question.start(text)}")
    if code not in {httpx.codes.OK, httpx.codes.CREATED}:
        kind = NotAdmitted if code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN} else UnexpectedAnswer
        raise kind(f"{question} answered {code}: {question.start(text)}")
    if _is_compressed(response):
        raise UnexpectedAnswer(f"{question} answered something compressed, which was not asked for")
    if len(body) > max_bytes:
        raise UnexpectedAnswer(f"{question} answered more than {max_bytes} bytes; reading was stopped")
    return text


def _shaped(question: _Question, text: str, shape: TypeAdapter[T]) -> T:
    try:
        return shape.validate_json(text)
    except ValidationError as error:
        raise UnexpectedAnswer(
            f"{question} answered something else than documented ({fault(error)}): {question.start(text)}"
        ) from error


async def _answer(
    client: httpx.AsyncClient, question: _Question, seconds: float, max_bytes: int
) -> tuple[httpx.Response, bytes]:
    """The answer's head, and of its body no more than one chunk over `max_bytes`; nothing of a compressed one."""
    body = bytearray()
    headers = {**question.headers, **_NOT_COMPRESSED}
    try:
        async with (
            asyncio.timeout(seconds),
            client.stream(
                question.method, question.url, content=question.content, headers=headers, follow_redirects=False
            ) as response,
        ):
            if not _is_compressed(response):
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > max_bytes:
                        break
    except (TimeoutError, httpx.TimeoutException) as error:
        raise TransientError(f"{question} gave no whole answer within {seconds:g} s") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        shown = _LOGIN.sub("//", question.url)
        raise ConfigurationError(f"{shown!r} cannot be asked: an address is written http://host:port") from error
    except httpx.LocalProtocolError:
        # The library's words quote the header, and that may be a token.
        raise ConfigurationError(f"{question} was not sent: a header of it is not allowed in HTTP") from None
    except httpx.HTTPError as error:
        raise TransientError(f"{question} failed: {error or type(error).__name__}") from error
    return response, bytes(body)


def _is_compressed(response: httpx.Response) -> bool:
    return response.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}


def fault(error: ValidationError) -> str:
    """Where an answer first differs from its documentation, in short: both the place and the words are a stranger's."""
    if error.error_count() > _FAULTS_READ:  # a list of a million numbers has a million faults
        return f"{error.error_count()} faults"
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    return f"{_start(where)}: {_start(first['msg'])}"


def _start(text: str) -> str:
    flat = " ".join(text[: 8 * _SHOWN].split())
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in flat[:_SHOWN])
    return plain + ("..." if len(flat) > _SHOWN else "")
