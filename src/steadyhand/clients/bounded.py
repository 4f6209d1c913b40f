"""An httpx transport for libraries that read whole answers: bounded in size and in time, and never compressed."""

import asyncio
from collections.abc import AsyncIterator

import httpx

from steadyhand.clients.trust import trusted
from steadyhand.errors import ConfigurationError

_AS_IT_IS = httpx.Auth()


class OutOfBounds(httpx.TransportError):
    """An answer was larger than allowed, or compressed although that was not asked for."""


class BoundedTransport(httpx.AsyncBaseTransport):
    """Answers over `max_bytes`, or not whole after `seconds` all told, raise httpx.TransportError.

    Compression is neither asked for nor accepted: a few kilobytes of it can hold gigabytes. Redirects are the client's
    affair, and the clients here follow none.

    The environment's proxies are used (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY), as httpx does it by itself where
    nobody gives it a transport. Raises ConfigurationError when one of them cannot be.
    """

    def __init__(self, *, max_bytes: int, seconds: float) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._inner = _with_proxies()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, with its body bounded while it is read."""
        request.headers["Accept-Encoding"] = "identity"
        deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._inner.send(request, stream=True, auth=_AS_IT_IS, follow_redirects=False)
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"no answer within {self._seconds:g} s", request=request) from error
        if response.headers.get("Content-Encoding", "identity").lower() not in {"identity", ""}:
            await response.aclose()
            raise OutOfBounds("the answer is compressed, which was not asked for", request=request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Bounded(response.stream, request, self._max_bytes, deadline)
        return response

    async def aclose(self) -> None:
        """No connection is open."""
        await self._inner.aclose()


def _with_proxies() -> httpx.AsyncClient:
    """A client, as only that knows which proxy is for which address."""
    try:
        return httpx.AsyncClient(verify=trusted())
    except (ValueError, ImportError, httpx.InvalidURL):
        # The library's words quote the address, and that may hold a password.
        raise ConfigurationError(
            "a proxy of the environment's HTTP_PROXY, HTTPS_PROXY and ALL_PROXY cannot be used: "
            "an address is written http://host:port"
        ) from None


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, request: httpx.Request, max_bytes: int, deadline: float) -> None:
        self._inner = inner
        self._request = request
        self._max_bytes = max_bytes
        self._deadline = deadline

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        chunks = aiter(self._inner)
        while True:
            try:
                async with asyncio.timeout_at(self._deadline):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise httpx.ReadTimeout("the answer was not whole in time", request=self._request) from error
            read += len(chunk)
            if read > self._max_bytes:
                raise OutOfBounds(f"more than {self._max_bytes} bytes; reading was stopped", request=self._request)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
