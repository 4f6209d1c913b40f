"""Whatever a stranger answers, every probe says unknown with the true reason, in time and within its limits."""

import asyncio
import gzip
import json
import tracemalloc

import pytest

from steadyhand.domain.evidence import Verdict
from steadyhand.probes import REGISTRY
from steadyhand.probes.probe import Probe

from .foreign import EVERY_PROBE, LARGEST, Talking, assert_not_seen, found, talking
from .strange import drip, endless, never, reply, strange

NOT_DOCUMENTED = ("something else than documented", "does not answer as Prometheus does", "answered no series")
BUFFERED = 8_000_000
"""What sockets hold of what nobody reads."""
LARGEST_ELSEWHERE = 16_000_000


@EVERY_PROBE
@pytest.mark.parametrize(
    "status", [301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 410, 418, 429, 451, 500, 502, 503, 504]
)
async def test_a_status_that_is_no_success_is_told(probe: Probe, status: int) -> None:
    """Rule 4: F4, D1, D2, D4, D5, E3."""
    async with (
        strange(reply(200, "<html>Log in</html>", "text/html")) as login,
        strange(reply(status, '{"detail": "no"}', headers={"Location": f"{login.url}/login"})) as server,
    ):
        finding = await found(probe, server.url)
        assert login.asked == []
    assert_not_seen(finding)
    assert str(status) in finding.summary


@EVERY_PROBE
@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "{}",
        "null",
        "true",
        "0",
        "NaN",
        '"ok"',
        "[1]",
        "[[]]",
        "[{}]",
        '{"status": null}',
        '{"status": "success"}',
        '{"status": "success", "data": null}',
        '{"status": "success", "data": {"result": null}}',
        '{"status": "success", "data": {"result": {"a": 1}}}',
        '{"status": "success", "data": {"result": [1]}}',
        '{"status": "success", "data": {"result": [{"metric": 1, "values": [[1, "x"]]}]}}',
        '{"status": "success", "data": {"result": [{"metric": {}, "values": [[1, {}]]}]}}',
        '{"status": "success", "data": {"result": [{"metric": {}, "values": [[1%s, "1"]]}]}}' % ("0" * 400),
        "<!doctype html><html><title>Welcome to nginx!</title></html>",
        '{"status": "ok"',
        "[" * 20_000,
        '{"a":' * 5_000,
        "[" + "1," * 20_000 + "1]",
        "\ufeff{}",
        "\0" * 100,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
    ids=lambda body: repr(body)[:40],
)
async def test_a_success_with_something_else_in_it_is_told(probe: Probe, body: str) -> None:
    """Rule 4: 200 is no proof of anything."""
    async with strange(reply(200, body)) as server:
        finding = await found(probe, server.url)
    assert_not_seen(finding, reachable=body.startswith('{"status": "success"'))
    assert any(words in finding.summary for words in (*NOT_DOCUMENTED, "no series", "not in Prometheus' text format"))


@EVERY_PROBE
async def test_an_empty_list_is_what_it_is(probe: Probe) -> None:
    """D1, D5: none failed, none is active; for everyone else it is no answer."""
    async with strange(reply(200, "[]")) as server:
        finding = await found(probe, server.url)
    if probe.name in {"recent_tasks", "active_alerts"}:
        assert finding.verdict is Verdict.OK
    elif probe.requirement != "D6":
        assert_not_seen(finding, reachable=True)


@EVERY_PROBE
@pytest.mark.parametrize(
    "kind", ["text/html", "", "application/octet-stream", "a/b; charset=hex", "a/b; charset=punycode", "nonsense;;=;"]
)
async def test_a_wrong_content_type_or_charset_changes_nothing(probe: Probe, kind: str) -> None:
    """Rule 4: the body decides."""
    async with strange(reply(200, '{"hello": "w\u00f6rld"}', kind)) as server:
        finding = await found(probe, server.url)
    assert_not_seen(finding, reachable=True)
    assert any(words in finding.summary for words in NOT_DOCUMENTED)


@EVERY_PROBE
@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "latin-1", "idna", "utf-7"])
async def test_an_answer_in_another_charset_is_told(probe: Probe, charset: str) -> None:
    """Rule 4."""
    body = '{"h\u00e9llo": "w\u00f6rld"}'.encode("utf-16" if charset == "idna" else charset)
    async with strange(reply(200, body, f"application/json; charset={charset}")) as server:
        finding = await found(probe, server.url)
    assert_not_seen(finding, reachable=True)


@EVERY_PROBE
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "GZIP", "x-unheard-of"])
async def test_a_compressed_answer_is_refused(probe: Probe, encoding: str) -> None:
    """It was not asked for."""
    body = gzip.compress(b'{"status": "ok"}')
    async with strange(reply(200, body, headers={"Content-Encoding": encoding})) as server:
        finding = await found(probe, server.url)
    assert_not_seen(finding, reachable=True)
    assert "compressed" in finding.summary


@EVERY_PROBE
async def test_a_compressed_bomb_is_never_unpacked(probe: Probe, bomb: bytes) -> None:
    """A hundred kilobytes that hold a hundred megabytes."""
    async with strange(reply(200, bomb, headers={"Content-Encoding": "gzip"})) as server:
        tracemalloc.start()
        try:
            finding = await found(probe, server.url, seconds=3)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert_not_seen(finding, reachable=True)
    assert "compressed" in finding.summary
    assert peak < 10_000_000


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A thousand to one."""
    content = gzip.compress(b"\0" * 100_000_000, compresslevel=6)
    assert len(content) < 110_000
    return content


@EVERY_PROBE
@pytest.mark.parametrize("answer", [never, drip], ids=["never", "drips"])
async def test_an_answer_that_is_not_whole_in_time_is_given_up(probe: Probe, answer: object) -> None:
    """Every call has a timeout."""
    async with strange(answer) as server:  # type: ignore[arg-type]
        finding = await found(probe, server.url)
    assert_not_seen(finding)
    assert "gave no whole answer" in finding.summary or "timed out" in finding.summary
    assert finding.seconds < 3


@EVERY_PROBE
@pytest.mark.parametrize("length", [None, 50_000_000], ids=["endless", "50 MB"])
async def test_no_more_is_read_than_the_limit(probe: Probe, length: int | None) -> None:
    """Every call has a size limit, and reading stops there."""
    async with talking(lambda _, writer: pour(server, writer, length)) as server:
        finding = await found(probe, server.url, seconds=8)
        asks_orchestrator = f"more than {LARGEST} bytes" in finding.summary
        assert asks_orchestrator or f"more than {LARGEST_ELSEWHERE} bytes" in finding.summary
        assert server.written < (LARGEST if asks_orchestrator else LARGEST_ELSEWHERE) + BUFFERED
    assert_not_seen(finding, reachable=True)


async def pour(server: Talking, writer: asyncio.StreamWriter, length: int | None) -> None:
    """A list of zeros: JSON as far as it goes."""
    head = f"Content-Length: {length}\r\n" if length else ""
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{head}\r\n[".encode())
    piece = b"0," * 32_768
    while length is None or server.written < length:
        await server.send(writer, piece)


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "nonsense", ""])
@pytest.mark.parametrize("name", ["planner_contract_failures", "task_completion", "tool_latency"])
async def test_samples_that_are_no_numbers_are_no_data(name: str, value: str) -> None:
    """D4, E3, rule 4: no data is not zero."""
    rows = [{"metric": {}, "values": [[1_795_435_000 + n, value] for n in range(20)], "value": [1, value]}]
    document = {"status": "success", "data": {"resultType": "matrix", "result": rows}}
    async with strange(reply(200, json.dumps(document))) as server:
        finding = await found(REGISTRY[name], server.url)
    assert finding.verdict is Verdict.UNKNOWN, finding.summary


async def test_metrics_of_nan_and_infinity_are_metrics() -> None:
    """F4: what a gauge holds is its own affair."""
    health = b'{"status": "ok"}'
    metrics = b"# TYPE a gauge\na NaN\n# TYPE b gauge\nb +Inf\n"

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        await reply(200, metrics if path == "/metrics" else health, "text/plain")(path, writer)

    async with strange(answer) as server:
        finding = await found(REGISTRY["reachability"], server.url)
    assert (finding.verdict, finding.facts["metric_families"]) == (Verdict.OK, 2)


async def test_an_endless_answer_with_a_bad_status_is_told_by_its_status() -> None:
    """Rule 4: the status is the reason, not the size of the page beside it."""

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\n")
        await endless(path, _Headless(writer))  # type: ignore[arg-type]

    async with strange(answer) as server:
        finding = await found(REGISTRY["task_queue"], server.url, seconds=3)
    assert "answered 404" in finding.summary


class _Headless:
    """A writer that leaves out the first line."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        self._writer.write(data.removeprefix(b"HTTP/1.1 200 OK\r\n"))

    async def drain(self) -> None:
        await self._writer.drain()
