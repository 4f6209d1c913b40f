"""What a door has in its hands: so many requests and bytes at once and no more, or memory would be theirs (rule 2)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from steadyhand.receiver.metrics import IN_FLIGHT, REFUSED

_REQUESTS = 2048
_BYTES = 256 * 1024 * 1024
_RETRY_AFTER_SECONDS = "5"


@dataclass
class _Held:
    bytes: int = 0


class Load:
    """The requests in flight behind one door. One more than it holds is told to come again, never made to wait."""

    def __init__(self, door: str, *, largest: int, requests: int = _REQUESTS, total: int = _BYTES) -> None:
        """`largest` is the largest body of all: it fits, whatever the total."""
        self._door = door
        self._requests = requests
        self._total = max(total, largest)
        self._in_flight = 0
        self._bytes = 0

    @contextmanager
    def one_more(self) -> Iterator[Callable[[Receive], Receive]]:
        """A request is in flight for the block; what is received through the function it is given is counted.

        Raises HTTPException 503, here or while receiving.
        """
        if self._in_flight >= self._requests:
            raise self._full("overloaded", f"{self._requests} requests are in flight")
        self._in_flight += 1
        IN_FLIGHT.labels(self._door).set(self._in_flight)
        held = _Held()
        try:
            yield partial(self._counted, held)
        finally:
            self._in_flight -= 1
            self._bytes -= held.bytes
            IN_FLIGHT.labels(self._door).set(self._in_flight)

    def _counted(self, held: _Held, receive: Receive) -> Receive:
        async def counted() -> Message:
            message = await receive()
            size = len(message.get("body", b""))
            held.bytes += size
            self._bytes += size
            if self._bytes > self._total:
                raise self._full("overloaded", f"{self._total} bytes are in flight")
            return message

        return counted

    def _full(self, reason: str, words: str) -> HTTPException:
        REFUSED.labels(self._door, reason).inc()
        return HTTPException(
            HTTPStatus.SERVICE_UNAVAILABLE, f"{words}; send it again", {"Retry-After": _RETRY_AFTER_SECONDS}
        )
