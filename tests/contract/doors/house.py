"""A receiver with doors: a process on a real socket before a real database."""

import asyncio
import json
import os
import signal
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from steadyhand.stack.ports import LOOPBACK, free_port

INGEST, APPROVALS, ADMIN = "ingest-token-0123456789", "approvals-token-0123456789", "admin-token-0123456789"
WEBHOOK = "/v1/alertmanager"
_PATIENCE_SECONDS = 20


def notification() -> dict[str, Any]:
    """A firing alert as Alertmanager sends it."""
    alert = {
        "status": "firing",
        "labels": {"alertname": "TaskCompletionLow", "environment": "staging", "service": "doors"},
        "annotations": {},
        "startsAt": "2026-11-23T03:08:17.847Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "000000000000d005",
    }
    return {"version": "4", "groupKey": "{}", "alerts": [alert]}


BODY = json.dumps(notification()).encode()


def head(*lines: str, token: str = INGEST, path: str = WEBHOOK, method: str = "POST") -> bytes:
    """A request's head, authorised, with these lines in it."""
    first = [f"{method} {path} HTTP/1.1", "Host: receiver", f"Authorization: Bearer {token}"]
    return "\r\n".join([*first, *lines, "", ""]).encode("latin-1")


def post(body: bytes, *lines: str) -> bytes:
    """A whole request."""
    return head(f"Content-Length: {len(body)}", *lines) + body


async def until(met: Callable[[], Awaitable[bool]], what: str) -> None:
    """Returns once the condition is met; fails after a while."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not await met():
        assert time.monotonic() < deadline, f"never: {what}"
        await asyncio.sleep(0.05)


@dataclass(frozen=True)
class House:
    """A running receiver."""

    directory: Path
    port: int
    process: asyncio.subprocess.Process
    scheme: str = "http"
    verify: ssl.SSLContext | bool = True

    @property
    def url(self) -> str:
        return f"{self.scheme}://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> str:
        return (self.directory / "receiver.log").read_text()

    async def ask(
        self, method: str, path: str, token: str | None = None, *, auth: tuple[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """One request on a connection of its own."""
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token is not None else {})
        async with httpx.AsyncClient(base_url=self.url, verify=self.verify, timeout=30) as client:
            return await client.request(method, path, headers=headers, auth=auth, **more)

    async def notify(self, token: str | None = INGEST) -> int:
        """The status of one notification."""
        return (await self.ask("POST", WEBHOOK, token, json=notification())).status_code

    async def raw(self, *parts: bytes, half_close: bool = False) -> bytes:
        """Everything that is answered until the receiver closes; bytes are sent as they are."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
        if half_close:
            writer.write_eof()
        try:
            return await asyncio.wait_for(reader.read(), _PATIENCE_SECONDS)
        finally:
            writer.close()

    async def metric(self, line: str) -> float:
        """A sample of /metrics; 0 when it is not there."""
        text = (await self.ask("GET", "/metrics")).text
        return next((float(x.rsplit(" ", 1)[1]) for x in text.splitlines() if x.startswith(line + " ")), 0.0)

    async def refused(self, door: str, reason: str) -> float:
        """How often this door refused for this reason."""
        return await self.metric(f'steadyhand_refused_requests_total{{door="{door}",reason="{reason}"}}')

    async def stop(self) -> int:
        """Its exit code after a SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), _PATIENCE_SECONDS)


def profile_text(directory: Path, database_url: str, port: int, *, settings: str = "", intake: str = "") -> str:
    """The profile, with a token in a file for each door; `settings` are more lines of [receiver]."""
    (directory / "database").write_text(database_url)
    for name, token in (("ingest", INGEST), ("approvals", APPROVALS), ("admin", ADMIN)):
        (directory / f"{name}.token").write_text(token + "\n")
    text = json.dumps

    def file(name: str) -> str:
        return f"{{ file = {text(str(directory / name))} }}"

    return f"""\
state_dir = {text(str(directory / "state"))}
database_url = {file("database")}
[intake]
{intake}
[receiver]
port = {port}
token = {file("ingest.token")}
approvals.token = {file("approvals.token")}
admin.token = {file("admin.token")}
{settings}
"""


@asynccontextmanager
async def started(
    directory: Path, command: tuple[str, ...], profile: str, variables: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process; it is gone at the end, whatever happened."""
    (directory / "steadyhand.toml").write_text(profile)
    with (directory / "receiver.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *command,
            env={**os.environ, **variables, "STEADYHAND_PROFILE": str(directory / "steadyhand.toml")},
            stdout=log,
            stderr=log,
            cwd=Path(__file__).parents[3],
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def house(
    directory: Path, database_url: str, *, settings: str = "", intake: str = "", without: str = "", **limits: float
) -> AsyncIterator[House]:
    """A receiver that answers."""
    port = free_port()
    profile = profile_text(directory, database_url, port, settings=settings, intake=intake)
    profile = profile.replace(f"{without}.token =", "#") if without else profile
    command = ("tests.contract.doors.serving", json.dumps(limits)) if limits else ("steadyhand", "receiver")
    async with started(directory, command, profile, {}) as process:
        found = House(directory=directory, port=port, process=process)

        async def listens() -> bool:
            assert process.returncode is None, found.log
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                return False
            writer.close()
            return True

        await until(listens, "the receiver listens")
        yield found
