"""What a client may do to a connection, and that it harms nobody else (T1, rule 2)."""

import asyncio
import contextlib
import socket
import time
from pathlib import Path

import pytest

from steadyhand.stack.ports import LOOPBACK

from .conftest import MAX_BODY
from .house import ADMIN, BODY, INGEST, WEBHOOK, House, head, house, notification, post, until


@pytest.fixture(autouse=True)
async def lives_on(receiver: House) -> object:
    """After every test the webhook is acknowledged, and the log holds no traceback and no line of a client's."""
    yield
    assert await receiver.notify() == 200
    assert "Traceback" not in receiver.log
    assert '"level": "error"' not in receiver.log


@pytest.mark.parametrize(
    "request_",
    [
        head("Content-Length: -1"),
        head("Content-Length: 1", "Content-Length: 1") + b"x",
        head("Content-Length: 1", "Content-Length: 2") + b"xx",
        head("Content-Length: 1, 1") + b"x",
        head("Content-Length: +1") + b"x",
        head("Content-Length: 0x1") + b"x",
        head("Content-Length: "),
        head("Content-Length: 99999999999999999999999999"),
        head("Content-Length: 1", "Transfer-Encoding: chunked") + b"1\r\nx\r\n0\r\n\r\n",
        head("Transfer-Encoding: chunked") + b"zz\r\nx\r\n0\r\n\r\n",
        head("Transfer-Encoding: chunked") + b"1\r\nxx\r\n0\r\n\r\n",
        head("Transfer-Encoding: chunked") + b"fffffffffffffffff\r\n",
        head("Transfer-Encoding: chunked, gzip"),
        head("X: \x00"),
        head("X: a\x01b"),
        head("X\x00: a"),
        head("X : a"),
        head(": a"),
        head("X: a\n Y: b"),
        head("Upgrade: h2c", "Connection: Upgrade", "Content-Length: 1") + b"x",
        head(path="/\xff"),
        head(path="http://[/"),
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"\x00" * 100,
        b"nonsense\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_a_400_and_the_end(receiver: House, request_: bytes) -> None:
    """Request smuggling begins with lengths that two parsers read differently: they are refused."""
    answered = await receiver.raw(request_)
    assert answered.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answered
    assert answered.count(b"HTTP/1.1") == 1
    assert b"connection: close" in answered


async def test_a_refused_client_is_counted_and_not_logged(receiver: House) -> None:
    before = await receiver.refused("connection", "bad_request"), receiver.log
    await receiver.raw(b"nonsense\r\n\r\n")
    assert (await receiver.refused("connection", "bad_request"), receiver.log) == (before[0] + 1, before[1])


@pytest.mark.parametrize(
    "started",
    [b"P", b"POST ", head()[:-2], head("X: y")[:-20]],
)
async def test_a_head_that_never_ends_is_a_408(receiver: House, started: bytes) -> None:
    """Slow loris."""
    answered = await receiver.raw(started)
    assert answered.startswith(b"HTTP/1.1 408 Request Timeout\r\n"), answered


async def test_a_head_that_comes_byte_by_byte_gains_no_time_by_it(receiver: House) -> None:
    """Slow loris: the clock runs from the first byte, whatever follows."""
    reader, writer = await asyncio.open_connection(LOOPBACK, receiver.port)
    began = time.monotonic()
    answer = asyncio.create_task(reader.read())
    writer.write(b"GET / HTTP/1.1\r\nX: ")
    while not answer.done():
        writer.write(b"a")
        await asyncio.wait([answer], timeout=0.1)
    assert answer.result().startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 5
    writer.close()


async def test_a_silent_connection_is_closed_without_a_word(receiver: House) -> None:
    assert await receiver.raw() == b""
    assert await receiver.raw(b"\r\n\r\n") != b"HTTP/1.1 200"


async def test_a_body_that_never_ends_is_a_408_and_nothing_of_it_is_kept(receiver: House) -> None:
    """Rule 2: what is not whole is not taken."""
    stored = (await receiver.ask("GET", "/v1/inbox", ADMIN)).json()["stored_notifications"]
    for unfinished in (head("Content-Length: 100") + b"{", head("Transfer-Encoding: chunked") + b"5\r\n{"):
        assert (await receiver.raw(unfinished)).startswith(b"HTTP/1.1 408 ")
    assert (await receiver.ask("GET", "/v1/inbox", ADMIN)).json()["stored_notifications"] == stored


@pytest.mark.parametrize("count", [1, 50])
async def test_an_aborted_body_leaves_nothing_behind(receiver: House, count: int) -> None:
    """Rule 2."""
    stored = (await receiver.ask("GET", "/v1/inbox", ADMIN)).json()["stored_notifications"]
    for _ in range(count):
        _, writer = await asyncio.open_connection(LOOPBACK, receiver.port)
        writer.write(post(BODY)[:-1])
        await writer.drain()
        writer.transport.abort()

    async def gone() -> bool:
        return await receiver.metric('steadyhand_requests_in_flight{door="ingest"}') == 0

    await until(gone, "no request is in flight")
    assert (await receiver.ask("GET", "/v1/inbox", ADMIN)).json()["stored_notifications"] == stored


@pytest.mark.parametrize("size", [64 * 1024, 300_000, 3_000_000])
@pytest.mark.parametrize("end", [b"\r\n\r\n", b""])
async def test_a_giant_head_is_a_431_whether_it_ends_or_not(receiver: House, size: int, end: bytes) -> None:
    for giant in (b"GET /" + b"a" * size + end, head()[:-2] + b"X: " + b"a" * size + end):
        assert (await receiver.raw(giant)).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


async def test_a_great_head_within_the_bound_is_fine(receiver: House) -> None:
    assert (await receiver.raw(post(BODY, f"X: {'a' * 60_000}", "Connection: close"))).startswith(b"HTTP/1.1 200 ")


async def test_a_length_over_the_limit_is_a_413_before_the_body_is_sent(receiver: House) -> None:
    """The client reads its answer even if it sends on, as Alertmanager does."""
    reader, writer = await asyncio.open_connection(LOOPBACK, receiver.port)
    writer.write(head(f"Content-Length: {MAX_BODY + 1}"))
    status = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
    assert status == b"HTTP/1.1 413 Request Entity Too Large\r\n" or status.startswith(b"HTTP/1.1 413 ")
    answer = await receiver.ask("POST", WEBHOOK, INGEST, content=b"x" * 20_000_000)
    assert answer.status_code == 413
    assert answer.json() == {"error": f"the body is over {MAX_BODY} bytes (intake.max_body_bytes)"}
    writer.close()


async def test_a_chunked_body_over_the_limit_is_a_413(receiver: House) -> None:
    async def endless() -> object:
        for _ in range(100):
            yield b"x" * 10_000

    assert (await receiver.ask("POST", WEBHOOK, INGEST, content=endless())).status_code == 413


async def test_what_follows_an_early_answer_is_read_for_a_while_and_then_no_more(receiver: House) -> None:
    """A stranger's 401 ends the matter: dripping a body after it holds the connection no longer than any body."""
    reader, writer = await asyncio.open_connection(LOOPBACK, receiver.port)
    writer.write(head("Content-Length: 1000", token="nobody's-token-at-all"))
    began = time.monotonic()
    answer = asyncio.create_task(reader.read())
    while not answer.done():
        writer.write(b"x")
        await asyncio.wait([answer], timeout=0.1)
    assert answer.result().startswith(b"HTTP/1.1 401 ")
    assert answer.result().count(b"HTTP/1.1 ") == 1
    assert time.monotonic() - began < 8
    writer.close()


async def test_pipelined_notifications_are_answered_in_order(receiver: House) -> None:
    """T1: each is committed."""
    stored = (await receiver.ask("GET", "/v1/inbox", ADMIN)).json()["stored_notifications"]
    last = head("Connection: close", path="/healthz", method="GET")
    answered = await receiver.raw(post(BODY) + post(b"{") + post(BODY) + last)
    statuses = [part.split(b" ", 1)[0] for part in answered.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"400", b"200", b"200"]
    assert (await receiver.ask("GET", "/v1/inbox", ADMIN)).json()["stored_notifications"] == stored + 2


async def test_nonsense_after_a_notification_does_not_take_its_answer(receiver: House) -> None:
    """T1: the first was committed, and its sender is told so."""
    answered = await receiver.raw(post(BODY) + b"nonsense\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert answered.count(b"HTTP/1.1 ") == 1


async def test_more_pipelined_requests_than_one_may_are_refused(receiver: House) -> None:
    answered = await receiver.raw(head(path="/healthz", method="GET") * 500)
    assert answered.count(b"HTTP/1.1 200 ") < 30
    assert answered.startswith(b"HTTP/1.1 200 ")


async def test_a_connection_is_kept_for_the_next_request_and_closed_when_idle(receiver: House) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, receiver.port)
    for _ in range(3):
        writer.write(post(BODY))
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert answer.startswith(b"HTTP/1.1 200 ")
        await reader.readexactly(length)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_http_1_0_is_understood(receiver: House) -> None:
    request = f"POST {WEBHOOK} HTTP/1.0\r\nAuthorization: Bearer {INGEST}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    assert (await receiver.raw(request.encode() + BODY)).startswith(b"HTTP/1.1 200 ")


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(receiver: House) -> None:
    """Expect: 100-continue; and one whose token is wrong is refused instead."""
    lines = ("Expect: 100-continue", f"Content-Length: {len(BODY)}", "Connection: close")
    reader, writer = await asyncio.open_connection(LOOPBACK, receiver.port)
    writer.write(head(*lines))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(BODY)
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()
    assert (await receiver.raw(head(*lines, token="nobody's-token-at-all"))).startswith(b"HTTP/1.1 401 ")


async def test_two_thousand_idle_connections_do_not_stop_a_webhook(database_url: str, tmp_path: Path) -> None:
    """T1: silent ones and half-sent heads alike."""
    async with house(tmp_path, database_url) as found:
        with contextlib.ExitStack() as idle:
            for number in range(2000):
                connection = idle.enter_context(socket.create_connection((LOOPBACK, found.port)))
                if number % 2:
                    connection.sendall(head()[:-2])
            began = time.monotonic()
            assert await found.notify() == 200
            assert time.monotonic() - began < 2
            assert await found.metric("steadyhand_connections") >= 2000


async def test_one_connection_too_many_is_told_so_at_once_and_never_left_hanging(
    database_url: str, tmp_path: Path
) -> None:
    """T1: 503 is what Alertmanager tries again."""
    async with house(tmp_path, database_url, connections=3, crowd_seconds=0.5) as found:
        kept = [await asyncio.open_connection(LOOPBACK, found.port) for _ in range(3)]
        for reader, writer in kept:
            writer.write(head(path="/healthz", method="GET"))
            await reader.readuntil(b"\r\n\r\n")
        answer = await found.ask("POST", WEBHOOK, INGEST, json=notification())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert (await found.raw()).startswith(b"HTTP/1.1 503 ")
        kept[0][1].close()

        async def taken() -> bool:
            return await found.notify() == 200

        await until(taken, "there is room again")
        assert await found.refused("connection", "crowded") >= 2
        for _, writer in kept:
            writer.close()


async def test_an_answer_that_nobody_reads_is_not_kept_for_ever(database_url: str, tmp_path: Path) -> None:
    async with house(tmp_path, database_url, answer_seconds=0.5, pipelined=5000, body_seconds=1) as found:
        reader, writer = await asyncio.open_connection(LOOPBACK, found.port, limit=1024)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        request = head(path="/metrics", method="GET")

        async def cut_off() -> bool:
            writer.write(request * 100)
            return writer.transport.is_closing() or await found.metric("steadyhand_connections") == 1

        await until(cut_off, "the client is cut off")
        writer.transport.abort()
        del reader
