"""The load generator counts what was acknowledged, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks.burst import LOOPBACK, Order
from benchmarks.load import burst

Answering = Callable[[int], bytes]


def answer(status: str, body: bytes = b"{}") -> bytes:
    """An answer as uvicorn gives it."""
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\ncontent-type: application/json\r\n\r\n"
    return head.encode() + body


@asynccontextmanager
async def answering(reply: Answering) -> AsyncIterator[int]:
    """A server on a real socket that gives its n-th request the n-th answer, in two pieces."""
    number = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                said = reply(number)
                number += 1
                writer.write(said[:20])
                await writer.drain()
                writer.write(said[20:])
                if not said:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, LOOPBACK, 0) as server:
        yield server.sockets[0].getsockname()[1]


def order(port: int, *, at_most: int = 40) -> Order:
    """A few requests over four connections."""
    return Order(port=port, token="t", mix="new alerts", seed=1, prior=8, at_most=at_most, seconds=30, connections=4)


async def test_every_request_is_sent_once_and_every_200_is_counted() -> None:
    async with answering(lambda _: answer("200 OK")) as port:
        found = await burst(order(port))
    assert found.statuses == {200: 40}
    assert len(found.latencies) == 40
    assert set(found.acknowledged.values()) == {1}
    assert len(found.acknowledged) == 48
    assert found.per_second > 0


async def test_what_was_refused_is_told_and_counts_for_nothing() -> None:
    async with answering(lambda n: answer("503 Service Unavailable" if n % 2 else "200 OK")) as port:
        found = await burst(order(port))
    assert found.statuses == {200: 20, 503: 20}
    assert len(found.latencies) == 20
    assert len(found.acknowledged) == 24


async def test_a_connection_that_is_lost_ends_the_burst_with_an_error() -> None:
    async with answering(lambda n: answer("200 OK") if n < 20 else b"") as port:
        with pytest.raises(ConnectionError, match="closed the connection"):
            await burst(order(port))
