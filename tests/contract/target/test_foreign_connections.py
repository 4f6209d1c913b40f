"""Whatever happens to the connection, every probe says so, in time; only F4 calls it bad."""

import asyncio
import socket
import struct
from pathlib import Path

import pytest

from steadyhand.domain.evidence import Verdict
from steadyhand.errors import TransientError
from steadyhand.probes.probe import Probe, ask
from steadyhand.stack.ports import free_port

from .cases import case
from .foreign import EVERY_PROBE, LOOPBACK, Talk, Talking, assert_not_seen, foreign_profile, found, self_signed, talking

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def saying(*pieces: bytes) -> Talk:
    """These bytes, then the end of the connection."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return talk


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A beginning, and then a reset instead of an end."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK + b"Content-Length: 100\r\n\r\n[")
    await writer.drain()
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def heads_without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One header after the other."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK)
    while True:
        writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


CONNECTIONS: dict[str, Talk] = {
    "closed at once": saying(),
    "closed in the status line": saying(b"HTTP/1.1 2"),
    "closed in the head": saying(OK),
    "closed in the body": saying(OK + b"Content-Length: 1000\r\n\r\n", b'{"status"'),
    "closed in a chunk": saying(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"ff\r\n{"),
    "chunks that are none": saying(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n{}\r\n"),
    "reset": reset,
    "another protocol": saying(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "no protocol": saying(bytes(range(256)) * 10),
    "a header of megabytes": saying(OK + b"X-Large: " + b"x" * 5_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}"),
    "many headers": saying(OK + b"X-A: b\r\n" * 50_000 + b"Content-Length: 2\r\n\r\n{}"),
    "headers without end": heads_without_end,
    "two lengths": saying(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "a length that is none": saying(OK + b"Content-Length: many\r\n\r\n{}"),
    "a status that is none": saying(b"HTTP/1.1 999999 Fine\r\n\r\n{}"),
}


@EVERY_PROBE
@pytest.mark.parametrize("connection", CONNECTIONS)
async def test_a_connection_that_breaks_off_or_speaks_another_language_is_told(probe: Probe, connection: str) -> None:
    """Rule 4: F4, D1, D2, D4, D5, D6, E3."""
    async with talking(CONNECTIONS[connection]) as server:
        finding = await found(probe, server.url, seconds=2)
    assert_not_seen(finding)
    assert finding.seconds < 10
    assert server.url in finding.summary


@EVERY_PROBE
async def test_a_certificate_nobody_vouches_for_is_told(probe: Probe, tmp_path: Path) -> None:
    """Rule 4: and nothing is sent to whoever shows it."""
    spoken: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        spoken.append(await reader.read())

    async with talking(listen, tls=self_signed(tmp_path)) as server:
        finding = await found(probe, server.url, seconds=3)
    assert_not_seen(finding)
    assert "self-signed certificate" in finding.summary
    assert b"".join(spoken) == b""


@EVERY_PROBE
async def test_tls_where_none_is_spoken_is_told(probe: Probe) -> None:
    """Rule 4: https in the profile, http on the port."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with talking(plain) as server:
        finding = await found(probe, server.url.replace("http:", "https:"), seconds=2)
    assert_not_seen(finding)
    assert "SSL" in finding.summary


@EVERY_PROBE
@pytest.mark.parametrize("name", ["does-not-exist.invalid", f"{'a' * 70}.invalid", "x_y.invalid"])
async def test_a_name_that_does_not_resolve_is_told(probe: Probe, name: str) -> None:
    """Rule 4: a reserved name that never exists, one that cannot."""
    finding = await found(probe, f"http://{name}", seconds=5)
    assert_not_seen(finding)
    assert any(
        w in finding.summary
        for w in ("Name or service not known", "name resolution", "gave no whole answer", "cannot be asked")
    )


@EVERY_PROBE
async def test_a_refused_connection_is_told(probe: Probe) -> None:
    """F4: bad; rule 4: unknown for everyone else."""
    finding = await found(probe, f"http://{LOOPBACK}:{free_port()}")
    assert_not_seen(finding)
    assert (finding.verdict is Verdict.BAD) == (probe.name == "reachability")
    assert "failed" in finding.summary or "refused" in finding.summary


@EVERY_PROBE
@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "",
        "ftp://x",
        "http://[::1",
        "http://",
        "http://x:port",
        "http://127.0.0.1:99999",
        "//x",
        "x:1",
    ],
)
async def test_what_is_no_address_is_told_as_a_slip_in_the_profile(probe: Probe, url: str) -> None:
    """Rule 4: asking again cannot help, so nothing is raised even with tries left."""
    finding = await ask(probe, case(foreign_profile(url)), last_try=False)
    assert finding.verdict is Verdict.UNKNOWN, finding.summary
    assert "cannot be asked" in finding.summary


@EVERY_PROBE
async def test_a_password_in_an_address_is_never_told(probe: Probe) -> None:
    """A message never holds a secret."""
    url = f"http://sam:s3cret@{LOOPBACK}:{free_port()}"
    finding = await found(probe, url)
    assert_not_seen(finding)
    assert "s3cret" not in finding.model_dump_json()


@EVERY_PROBE
async def test_trouble_that_may_pass_is_raised_while_there_are_tries_left(probe: Probe) -> None:
    """Rule 7: Prefect's retries are the only ones."""
    heard = 0

    async def count(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard += 1
        await reader.readuntil(b"\r\n\r\n")

    async with talking(count) as server:
        if probe.name == "reachability":
            assert (await ask(probe, case(foreign_profile(server.url)), last_try=False)).verdict is Verdict.BAD
        else:
            with pytest.raises(TransientError):
                await ask(probe, case(foreign_profile(server.url)), last_try=False)
    assert heard == 1


@EVERY_PROBE
async def test_an_answer_after_the_limit_is_no_answer(probe: Probe) -> None:
    """Called late: what comes after the time is not waited for."""

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(1.5)
        await server.send(writer, OK + b"Content-Length: 2\r\n\r\n{}")

    async with talking(late) as server:
        finding = await found(probe, server.url, seconds=0.3)
        assert isinstance(server, Talking)
        assert server.written == 0
    assert_not_seen(finding)
    assert finding.seconds < 1.5
