"""Asking a Loki for failed tasks: what it keeps is counted, what it refuses is told, and silence is not health."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from steadyhand.clients.logs import FailureLog, log_source_of
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.profile import Logs

from .logged import NOW, SINCE, entry, ids
from .loki import Loki, serving
from .strange import Answering, drip, endless, never, reply, strange

APP = '{app="orchestrator"}'


@pytest.fixture
def loki() -> Iterator[Loki]:
    """An empty Loki."""
    with serving(Loki()) as running:
        yield running


def push(loki: Loki, *minutes_ago: float, event: str = "task_execution_failed", selector: str = APP) -> None:
    """One entry of the orchestrator at each of these times."""
    for minutes in minutes_ago:
        loki.push(selector, NOW.timestamp() - minutes * 60, entry(minutes, event))


async def failures(url: str, *, failure_event: str = "task_execution_failed", **source: object) -> FailureLog:
    """What the last quarter of an hour holds."""
    table = {"source": {"kind": "loki", "url": url, "timeout_seconds": 0.5, **source}, "failure_event": failure_event}
    return await log_source_of(Logs.model_validate(table)).failures(SINCE, NOW)


async def test_failures_of_the_window_are_found_newest_first(loki: Loki) -> None:
    """D2: Loki's HTTP API, its instants in nanoseconds, the end of its range excluded."""
    push(loki, 16, 15, 3, 0, -1)
    push(loki, 2, event="started")
    push(loki, 1, selector='{app="another"}')
    found = await failures(loki.url + "/")
    assert ids(found) == ["t-0", "t-3", "t-15"]
    assert (found.failures_total, found.lines_seen, found.truncated) == (3, None, False)
    assert found.newest_entry_at == NOW
    (asked,) = loki.asked
    given = {name: values[0] for name, values in parse_qs(urlsplit(asked).query).items()}
    assert given["query"] == '{app="orchestrator"} |= "task_execution_failed"'
    assert (given["direction"], given["limit"]) == ("backward", "1000")


async def test_lines_that_only_speak_of_failures_are_none(loki: Loki) -> None:
    """D2: the filter finds text; the entry's own name decides."""
    push(loki, 1)
    loki.push(APP, NOW.timestamp() - 9, entry(1, "alerted", about="task_execution_failed"))
    loki.push(APP, NOW.timestamp() - 8, "Traceback: task_execution_failed")
    found = await failures(loki.url)
    assert found.failures_total == 1


async def test_structured_metadata_beside_a_line_is_passed_over(loki: Loki) -> None:
    """Loki 3."""
    loki.metadata = True
    push(loki, 1)
    assert ids(await failures(loki.url)) == ["t-1"]


async def test_an_entry_without_a_time_of_its_own_has_that_of_loki(loki: Loki) -> None:
    """D2."""
    loki.push(APP, NOW.timestamp() - 60, json.dumps({"event": "task_execution_failed", "task_id": "t"}))
    (failure,) = (await failures(loki.url)).failures
    assert (NOW - failure.at).total_seconds() == 60


async def test_no_failure_in_a_lively_log_is_told_apart_from_silence(loki: Loki) -> None:
    """Rule 4: one cheap question more."""
    assert (await failures(loki.url)).silent
    push(loki, 30)
    assert (await failures(loki.url)).silent
    push(loki, 2, 1, event="started")
    lively = await failures(loki.url)
    assert (lively.silent, lively.failures_total, lively.lines_seen) == (False, 0, 2)


async def test_a_limit_that_is_reached_is_told(loki: Loki) -> None:
    """Rule 4: there may be more."""
    push(loki, 5, 4, 3, 2, 1)
    found = await failures(loki.url, max_lines=3)
    assert (ids(found), found.truncated) == (["t-1", "t-2", "t-3"], True)
    assert not (await failures(loki.url, max_lines=6)).truncated


async def test_a_partial_answer_is_told(loki: Loki) -> None:
    """Loki's own warnings."""
    loki.warnings = ["some shards did not answer"]
    push(loki, 1)
    assert (await failures(loki.url)).truncated


@pytest.mark.parametrize(
    "event", ['a"b', "a\\", 'x" | json | line_format "', "a`b", "a\nb", "é", "\u2028", "\U0001f525", '"} or {app="b']
)
async def test_a_hostile_event_name_finds_itself_and_nothing_else(loki: Loki, event: str) -> None:
    """Rule 8: escaped for the line it stands in, and for LogQL."""
    push(loki, 2, event="started")
    assert (await failures(loki.url, failure_event=event)).failures_total == 0
    push(loki, 1, event=event)
    assert (await failures(loki.url, failure_event=event)).failures_total == 1


async def test_tenant_and_token_are_shown_and_the_token_is_never_told(loki: Loki, tmp_path: Path) -> None:
    """D2: X-Scope-OrgID and a bearer token; a message never holds a secret."""
    loki.tenant, loki.token = "operations", "s3cret-token"
    push(loki, 1)
    secret = tmp_path / "token"
    secret.write_text("s3cret-token\n")
    token = {"file": str(secret)}
    assert (await failures(loki.url, tenant="operations", token=token)).failures_total == 1
    with pytest.raises(UnexpectedAnswer, match="answered 401: no org id"):
        await failures(loki.url, token=token)
    secret.write_text("wrong-but-s3cret")
    with pytest.raises(UnexpectedAnswer, match="answered 401") as refused:
        await failures(loki.url, tenant="operations", token=token)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("value", ["two\nlines s3cret", "s3cret\u00e9", "s3cret\r\nX-Other: 1"])
async def test_a_token_that_is_none_is_told_without_its_text(loki: Loki, tmp_path: Path, value: str) -> None:
    """A file with something else in it."""
    (tmp_path / "token").write_text(value)
    with pytest.raises(ConfigurationError, match="header Authorization") as refused:
        await failures(loki.url, token={"file": str(tmp_path / "token")})
    assert "s3cret" not in str(refused.value)
    assert loki.asked == []


async def test_a_selector_that_loki_refuses_is_told_in_its_words(loki: Loki) -> None:
    """A slip in the profile."""
    with pytest.raises(UnexpectedAnswer, match="answered 400: parse error at line 1"):
        await failures(loki.url, query="{app=")


async def test_a_log_of_another_format_is_not_taken_for_a_quiet_one(loki: Loki) -> None:
    """Rule 4: lines that name failures, but not as the profile's keys say."""
    loki.push(APP, NOW.timestamp() - 60, "level=error msg=task_execution_failed")
    with pytest.raises(UnexpectedAnswer, match=r"is of another format: .* one looks like 'level=error"):
        await failures(loki.url)
    loki.streams.clear()
    loki.push(APP, NOW.timestamp() - 60, json.dumps({"log": entry(1)}))
    with pytest.raises(UnexpectedAnswer, match="no entry has a name under 'event'"):
        await failures(loki.url)


COUNTED = '{"status": "success", "data": {"resultType": "vector", "result": [{"value": [1, "many"]}]}}'
MATRIX = '{"status": "success", "data": {"resultType": "matrix", "result": []}}'


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(404, "404 page not found", "text/plain"), "answered 404"),
        (reply(200, "<html>Grafana</html>", "text/html"), "something else than documented"),
        (reply(200, "{}"), "something else than documented"),
        (reply(200, MATRIX), "something else than documented"),
        (reply(200, '{"status": "success", "data": {"resultType": "streams", "result": null}}'), "something else"),
        (reply(302, "", headers={"Location": "/login"}), "answered 302"),
        (endless, "more than 50000 bytes; reading was stopped"),
    ],
)
async def test_something_else_on_lokis_port_is_told(answer: Answering, reason: str) -> None:
    """Rule 4."""
    async with strange(answer) as server:
        with pytest.raises(UnexpectedAnswer, match=reason):
            await failures(server.url, max_bytes=50_000)


@pytest.mark.parametrize("answer", [reply(503, "too many outstanding requests"), never, drip])
async def test_trouble_that_may_pass_is_worth_another_try(answer: Answering) -> None:
    """Rule 7."""
    async with strange(answer) as server:
        with pytest.raises(TransientError):
            await failures(server.url)


async def test_a_count_that_is_no_number_is_told() -> None:
    """Rule 4."""
    nothing = '{"status": "success", "data": {"resultType": "streams", "result": []}}'

    async def answer(path: str, writer: object) -> None:
        body = COUNTED if path.startswith("/loki/api/v1/query?") else nothing
        await reply(200, body)(path, writer)  # type: ignore[arg-type]

    async with strange(answer) as server:
        with pytest.raises(UnexpectedAnswer, match="a count that is no number"):
            await failures(server.url)
