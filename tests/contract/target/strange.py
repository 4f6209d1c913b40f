"""A server on a real socket that answers whatever a test wants, and remembers what it was asked for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

LOOPBACK = "127.0.0.1"
Answering = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Strange:
    """A running server; `asked` is every request target as it came over the wire, `bodies` what came with it."""

    url: str
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


def reply(
    status: int, body: bytes | str, kind: str = "application/json", headers: Mapping[str, str] | None = None
) -> Answering:
    """The same whole answer to every request."""
    content = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(content)}",
    ]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode()

    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(head + content)

    return answer


def by_path(answers: Mapping[str, Answering], otherwise: Answering | None = None) -> Answering:
    """One answer for each request target; 404 for what is not listed."""
    missing = otherwise or reply(404, '{"detail": "Not Found"}')

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        await answers.get(path, missing)(path, writer)

    return answer


async def never(_: str, __: asyncio.StreamWriter) -> None:
    """Nothing comes back for as long as the test lives."""
    await asyncio.Event().wait()


async def drip(_: str, writer: asyncio.StreamWriter) -> None:
    """A byte now and then: each read succeeds, and the answer never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def endless(_: str, writer: asyncio.StreamWriter) -> None:
    """As much as the reader will take."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


@asynccontextmanager
async def strange(answer: Answering) -> AsyncIterator[Strange]:
    """The server, until the block is left; then no connection of it is open."""
    connections: set[asyncio.Task[None]] = set()
    found = Strange("")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            found.asked.append(head.split(b" ", 2)[1].decode())
            length = next(
                (int(h.split(b":")[1]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")), 0
            )
            found.bodies.append(await reader.readexactly(length))
            await answer(found.asked[-1], writer)
            await writer.drain()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.ensure_future(talk(reader, writer))
        connections.add(conversation)
        with contextlib.suppress(asyncio.CancelledError):
            await conversation
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        connections.discard(conversation)

    server = await asyncio.start_server(accept, LOOPBACK, 0)
    found.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.close()
        for conversation in tuple(connections):
            conversation.cancel()
        while connections:  # noqa: ASYNC110 - a few turns of the loop, for each connection to be closed
            await asyncio.sleep(0.01)
        await server.wait_closed()
