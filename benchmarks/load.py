"""The load generator: `python -m benchmarks.load`, an Order on standard input, a Burst on standard output.

A closed loop over keep-alive connections on raw sockets, in a process of its own: every connection sends its next
request when the one before it is answered. All requests are made before the clock starts, so that nearly all of the
processor is left to those who answer.
"""

import asyncio
import gc
import hashlib
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import cast

import uvloop

from benchmarks.bodies import MIXES
from benchmarks.burst import LOOPBACK, PATH, Burst, Order

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
_STATUS = slice(9, 12)
_OK = 200
_PATIENCE_SECONDS = 60


class Answers:
    """What was answered to whom, and when."""

    def __init__(self) -> None:
        self.seen: list[tuple[bytes, int, float]] = []

    def ok(self) -> list[tuple[bytes, float]]:
        """Body and seconds of what was acknowledged."""
        return [(request, seconds) for request, status, seconds in self.seen if status == _OK]


class Connection(asyncio.Protocol):
    """Sends one request after another until there is none left; `over` is done then, or fails with the connection."""

    def __init__(self, requests: Iterator[bytes], answers: Answers) -> None:
        self._requests = requests
        self._answers = answers
        self._buffer = b""
        self._request = b""
        self._sent_at = 0.0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the first."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self._send()

    def data_received(self, data: bytes) -> None:
        """Notes a whole answer, and sends the next."""
        self._buffer += data
        head = self._buffer.find(_END)
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        if length is None:
            self._transport.abort()
            return
        if len(self._buffer) < head + len(_END) + int(length[1]):
            return
        status = int(self._buffer[_STATUS])
        self._answers.seen.append((self._request, status, time.perf_counter() - self._sent_at))
        self._buffer = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody waits for answers that cannot come."""
        if not self.over.done():
            self.over.set_exception(error or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.over.set_result(None)
            self._transport.close()
            return
        self._request, self._sent_at = request, time.perf_counter()
        self._transport.write(request)


async def _sent(order: Order, requests: list[bytes], seconds: float) -> tuple[Answers, float]:
    """What was answered until the requests or the seconds were over, and how long it took to the last answer."""
    loop, answers, began = asyncio.get_running_loop(), Answers(), time.perf_counter()
    left = takewhile(lambda _: time.perf_counter() - began < seconds, requests)
    async with asyncio.timeout(seconds + _PATIENCE_SECONDS):
        numbers = range(order.connections)
        made = [await loop.create_connection(lambda: Connection(left, answers), LOOPBACK, order.port) for _ in numbers]
        await asyncio.gather(*(connection.over for _, connection in made))
    return answers, time.perf_counter() - began


async def burst(order: Order) -> Burst:
    """What came back. Raises OSError when a connection is lost, TimeoutError when it takes for ever."""
    mix = MIXES[order.mix](order.seed)
    prior = [_request(body, order.token) for body in islice(mix, order.prior)]
    measured = [_request(body, order.token) for body in islice(mix, order.at_most)]
    gc.collect()
    gc.disable()
    before, _ = await _sent(order, prior, _PATIENCE_SECONDS)
    answers, seconds = await _sent(order, measured, order.seconds)
    digests = Counter(_digest(request) for request, _ in (*before.ok(), *answers.ok()))
    return Burst(
        seconds=seconds,
        statuses=dict(Counter(status for _, status, _ in answers.seen)),
        latencies=tuple(round(seconds * 1000, 3) for _, seconds in answers.ok()),
        acknowledged=dict(digests),
    )


def _request(body: bytes, token: str) -> bytes:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {LOOPBACK}\r\nUser-Agent: Alertmanager/0.33.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _digest(request: bytes) -> str:
    return hashlib.sha256(request[request.index(_END) + len(_END) :]).hexdigest()


def main() -> None:
    """The command."""
    order = Order.model_validate_json(sys.stdin.buffer.read())
    found = uvloop.run(burst(order))
    sys.stdout.write(found.model_dump_json())


if __name__ == "__main__":
    main()
