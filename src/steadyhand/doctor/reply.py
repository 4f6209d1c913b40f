"""One bounded look at an address where the status itself is the finding."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import httpx

from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer

_LOGIN = re.compile(r"//[^/?#]*@")
_NOT_COMPRESSED = {"Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How long the whole answer may take, in seconds, and how large it may be."""

    seconds: float
    max_bytes: int


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back. Redirects are not followed."""

    asked: str
    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.asked} answered {self.status}"


async def reply_to(
    method: Literal["GET", "OPTIONS"], url: str, bounds: Bounds, headers: Mapping[str, str] | None = None
) -> Reply:
    """The reply, whatever its status; nothing is changed by asking.

    Raises TransientError when none comes in time, UnexpectedAnswer for one that is too large or compressed,
    ConfigurationError for what is no address.
    """
    asked = f"{method} {_LOGIN.sub('//', url)}"
    sent = {**(headers or {}), **_NOT_COMPRESSED}
    try:
        async with (
            asyncio.timeout(bounds.seconds),
            httpx.AsyncClient(timeout=bounds.seconds) as http,
            http.stream(method, url, headers=sent, follow_redirects=False) as response,
        ):
            text = await _text(response, asked, bounds.max_bytes)
    except (TimeoutError, httpx.TimeoutException) as error:
        raise TransientError(f"{asked} gave no whole answer within {bounds.seconds:g} s") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        # Not the library's words: they may quote a header, and that may be a token.
        raise ConfigurationError(f"{asked} cannot be asked: {type(error).__name__}") from error
    except httpx.HTTPError as error:
        raise TransientError(f"{asked} failed: {error or type(error).__name__}") from error
    answered = {name.lower(): value for name, value in response.headers.items()}
    return Reply(asked=asked, status=response.status_code, text=text, headers=answered)


async def _text(response: httpx.Response, asked: str, max_bytes: int) -> str:
    if response.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
        raise UnexpectedAnswer(f"{asked} answered something compressed, which was not asked for")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise UnexpectedAnswer(f"{asked} answered more than {max_bytes} bytes; reading was stopped")
    return body.decode(errors="replace")
