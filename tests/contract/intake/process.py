"""A receiver as a process of its own, and clients on real sockets that send until they are acknowledged."""

import asyncio
import os
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.contract.intake.receiving import TOKEN

_START_SECONDS = 60.0
_ANSWER_SECONDS = 30.0
_POLL_SECONDS = 0.05
_AGAIN_SECONDS = 0.3
_COME_AGAIN = 503


@dataclass
class Receiver:
    """A running one. `most_memory` is the largest resident size seen, in MB."""

    port: int
    process: asyncio.subprocess.Process
    most_memory: float = 0.0

    async def watch_memory(self) -> None:
        """Until cancelled."""
        seen = psutil.Process(self.process.pid)
        while True:
            self.most_memory = max(self.most_memory, seen.memory_info().rss / 1e6)
            await asyncio.sleep(_POLL_SECONDS)


@asynccontextmanager
async def receiver(directory: Path, database_url: str, intake: str = "") -> AsyncIterator[Receiver]:
    """`steadyhand receiver` on this database until the block ends; `intake` are lines of its profile's table."""
    (directory / "token").write_text(TOKEN)
    (directory / "database").write_text(database_url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile = directory / "receiver.toml"
    profile.write_text(
        f'state_dir = "{directory}/state"\ndatabase_url = {{ file = "{directory}/database" }}\n'
        f'[receiver]\nport = {port}\ntoken = {{ file = "{directory}/token" }}\n[intake]\n{intake}\n'
    )
    command = [sys.executable, "-m", "steadyhand", "receiver", "--profile", str(profile)]
    with (directory / "receiver.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env=dict(os.environ))
    running = Receiver(port, process)
    try:
        await _listens(running, directory / "receiver.log")
        watching = asyncio.create_task(running.watch_memory())
        yield running
        watching.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _listens(running: Receiver, log: Path) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            assert running.process.returncode is None, log.read_text()
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", running.port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(_POLL_SECONDS)


@dataclass
class Crowd:
    """Clients that share the bodies among them. A 503 is sent again until it is a 200, as Alertmanager does."""

    port: int
    bodies: Sequence[bytes]
    answers: Counter[int] = field(default_factory=Counter)

    async def send(self, *, connections: int) -> None:
        """Every body is acknowledged. AssertionError for an answer that is neither 200 nor 503."""
        left = list(enumerate(self.bodies))[::-1]
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(self._client(left))

    async def _client(self, left: list[tuple[int, bytes]]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while left:
                number, body = left.pop()
                async with asyncio.timeout(_ANSWER_SECONDS):
                    status = await _posted(reader, writer, body)
                self.answers[status] += 1
                assert status in {200, _COME_AGAIN}
                if status == _COME_AGAIN:
                    left.insert(0, (number, body))
                    await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            writer.close()
            await writer.wait_closed()


async def _posted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> int:
    head = (
        "POST /v1/alertmanager HTTP/1.1\r\nHost: receiver\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = answer.partition("content-length:")[2].split("\r\n")[0]
    await reader.readexactly(int(length))
    return int(answer.split()[1])
