"""Secret blocks of a real Prefect server, made with Prefect's own client and read by the profile."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from steadyhand.errors import ConfigurationError
from steadyhand.profile import SecretRef
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group, Service

LOGIN = "admin:let-me-in"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running Prefect server that asks for a password."""

    api_url: str

    def reference(self, block: str) -> SecretRef:
        """A reference to a block of this server."""
        found = SecretRef(block=block)
        found.asked_at(self.api_url)
        return found


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The server, with the blocks `receiver` and `several`."""
    home, port = tmp_path_factory.mktemp("prefect"), free_port()
    found = Server(api_url=f"http://{LOOPBACK}:{port}/api")
    async with Group(restart=False, report=print) as group:
        await group.start(_service(home, port, found.api_url))
        with temporary_settings({PREFECT_API_URL: found.api_url, PREFECT_API_AUTH_STRING: LOGIN}):
            await Secret.model_validate({"value": "hush-hush\n"}).save("receiver")
            await Secret.model_validate({"value": {"one": "hush-hush"}}).save("several")
        yield found


def _service(home: Path, port: int, api_url: str) -> Service:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=2, auth=httpx.BasicAuth(*LOGIN.split(":"))) as http:
                return (await http.get(f"{api_url}/health")).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return Service(
        name="prefect-server",
        command=[sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)],
        log=home / "server.log",
        ready=ready,
        environment={
            **os.environ,
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": api_url,
            "PREFECT_SERVER_API_AUTH_STRING": LOGIN,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        },
        directory=home,
    )


async def refused(reference: SecretRef) -> str:
    """Why the secret cannot be read; it is in no message."""
    with pytest.raises(ConfigurationError) as caught:
        await asyncio.to_thread(reference.resolve)
    assert "hush-hush" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is in the environment, as Prefect's own client wants it."""
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", LOGIN)


@pytest.mark.usefixtures("logged_in")
async def test_a_secret_block_is_read_from_the_server(server: Server) -> None:
    reference = server.reference("receiver")
    secret = await asyncio.to_thread(reference.resolve)
    assert secret.get_secret_value() == "hush-hush"
    assert "hush-hush" not in f"{secret!r} {reference!r}"


@pytest.mark.usefixtures("logged_in")
async def test_a_block_that_is_not_there_is_named(server: Server) -> None:
    said = await refused(server.reference("absent"))
    assert "'absent'" in said
    assert "make it in Prefect's UI" in said


@pytest.mark.usefixtures("logged_in")
async def test_a_block_that_holds_no_text_is_named(server: Server) -> None:
    assert "'several' of Prefect at" in (said := await refused(server.reference("several")))
    assert "holds no text" in said


async def test_a_missing_password_says_where_it_belongs(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_AUTH_STRING", raising=False)
    said = await refused(server.reference("receiver"))
    assert "answered 401; set PREFECT_API_AUTH_STRING" in said


async def test_a_server_that_is_away_is_named() -> None:
    gone = Server(api_url=f"http://{LOOPBACK}:{free_port()}/api")
    said = await refused(gone.reference("receiver"))
    assert gone.api_url in said
    assert "onnect" in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html", "something else than a Secret block"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}', "something else than a Secret block"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", "answered 302"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000, "no whole answer within"),
        (b"SSH-2.0-OpenSSH\r\n", "cannot read the Secret block"),
    ],
)
async def test_what_is_no_prefect_server_is_told_from_one(body: bytes, said: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        try:
            await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    listener = await asyncio.start_server(answer, LOOPBACK, 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        assert said in await refused(Server(api_url=f"http://{LOOPBACK}:{port}/api").reference("receiver"))
