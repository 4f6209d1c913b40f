"""One bounded exchange over HTTP: in time, in size, uncompressed, and with the library's errors told in ours."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from steadyhand.clients import quoting
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer

_LARGEST_PORT = 65535
_NOT_COMPRESSED = {"Accept-Encoding": "identity"}
_NO_SECRETS = {"Accept", "Content-Type", "Idempotency-Key"}


class NotAdmitted(UnexpectedAnswer):
    """401 or 403: no credential, or none that is accepted."""


class RateLimited(TransientError):
    """429: it answers, and wants to be asked less often."""


class ServerTrouble(TransientError):
    """5xx: it answers, and is in trouble."""


@dataclass(frozen=True)
class Question:
    """What is asked. Its words hold no password."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {quoting.address(self.url)}"

    def start(self, text: str) -> str:
        """How an answer begins, without what our headers held: some servers repeat the token they refuse."""
        for name, value in self.headers.items():
            if value and name not in _NO_SECRETS:
                text = text.replace(value.removeprefix("Bearer "), "(withheld)")
        return quoting.start(text)


async def exchanged(client: httpx.AsyncClient, question: Question, seconds: float, max_bytes: int) -> str:
    """The body of a 200 or 201 answer. Raises as `clients.http.get_text` says."""
    response, body = await answer(client, question, seconds, max_bytes)
    text = "" if _is_compressed(response) else body.decode("utf-8", errors="replace")
    code = response.status_code
    if code == httpx.codes.TOO_MANY_REQUESTS:
        raise RateLimited(f"{question} answered {code}: {question.start(text)}")
    if code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise ServerTrouble(f"{question} answered {code}: {question.start(text)}")
    if code not in {httpx.codes.OK, httpx.codes.CREATED}:
        kind = NotAdmitted if code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN} else UnexpectedAnswer
        raise kind(f"{question} answered {code}: {question.start(text)}")
    return whole(question, response, body, max_bytes)


def whole(question: Question, response: httpx.Response, body: bytes, max_bytes: int) -> str:
    """The body as text. Raises UnexpectedAnswer for one that is compressed or over the limit."""
    if _is_compressed(response):
        raise UnexpectedAnswer(f"{question} answered something compressed, which was not asked for")
    if len(body) > max_bytes:
        raise UnexpectedAnswer(f"{question} answered more than {max_bytes} bytes; reading was stopped")
    return body.decode("utf-8", errors="replace")


async def answer(
    client: httpx.AsyncClient, question: Question, seconds: float, max_bytes: int
) -> tuple[httpx.Response, bytes]:
    """The answer's head, and of its body no more than one chunk over `max_bytes`; nothing of a compressed one.

    Raises TransientError when none comes in time, ConfigurationError for what is no address.
    """
    body = bytearray()
    headers = {**question.headers, **_NOT_COMPRESSED}
    try:
        async with (
            asyncio.timeout(seconds),
            client.stream(
                question.method,
                _checked(question.url),
                content=question.content,
                headers=headers,
                follow_redirects=False,
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
        shown = quoting.address(question.url)
        raise ConfigurationError(f"{shown!r} cannot be asked: an address is written http://host:port") from error
    except httpx.LocalProtocolError:
        # The library's words quote the header, and that may be a token.
        raise ConfigurationError(f"{question} was not sent: a header of it is not allowed in HTTP") from None
    except httpx.HTTPError as error:
        raise TransientError(f"{question} failed: {error or type(error).__name__}") from error
    return response, bytes(body)


def _checked(url: str) -> httpx.URL:
    """The address, whose port there can be: the library finds out only when it connects."""
    address = httpx.URL(url)
    if (address.port or 0) > _LARGEST_PORT:
        raise httpx.InvalidURL("no such port")
    return address


def _is_compressed(response: httpx.Response) -> bool:
    return response.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}
