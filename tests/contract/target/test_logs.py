"""A real log file, whole, hostile or not there: what it holds is counted, or the true reason is told."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from steadyhand.clients.logs import log_source_of
from steadyhand.errors import ConfigurationError, SteadyhandError, UnexpectedAnswer
from steadyhand.profile import Logs

from .logged import NOW, entry, failures, ids, write


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the log is, or will be."""
    return tmp_path / "app.jsonl"


async def test_failures_of_the_window_are_found_newest_first_and_everything_in_it_is_counted(log: Path) -> None:
    """D2: structlog's JSON lines."""
    write(log, [entry(20), entry(16, "started"), entry(15), entry(9, "started"), entry(3), entry(2, "done"), entry(1)])
    found = await failures(log)
    assert ids(found) == ["t-1", "t-3", "t-15"]
    assert [f.error for f in found.failures] == ["planner said no"] * 3
    assert (found.failures_total, found.lines_seen, found.truncated) == (3, 5, False)
    assert found.newest_entry_at == NOW - timedelta(minutes=1)


async def test_only_so_many_failures_are_kept_while_all_are_counted(log: Path) -> None:
    """Bounded: a storm of failures is told by its number and its newest."""
    write(log, [entry(10 - n / 1000) for n in range(5000)])
    found = await failures(log)
    assert (found.failures_total, len(found.failures)) == (5000, 200)
    assert found.failures[0].at == max(f.at for f in found.failures)
    assert found.failures[-1].at > NOW - timedelta(minutes=5.3)


async def test_lines_that_are_no_entries_do_not_hide_those_that_are(log: Path) -> None:
    """Lied to: tracebacks, NULs after a crash, a torn last line, deep nesting, another encoding, endless lines."""
    good = [entry(4), entry(3), entry(2)]
    noise = ["Traceback (most recent call last):", "", "{}", "null", "[1]", '"x"', "[" * 20_000, "\0" * 5000, "{" * 500]
    write(log, [noise[0], good[0], *noise, "\0" * 300 + good[1], "x" * 3_000_000, good[2], entry(1)[:-9]], end="")
    with log.open("ab") as file:
        file.write(b'\n\xff\xfe\x00{"event"\n' + entry(0.5, error="caf\xe9").encode("latin-1") + b"\n")
    found = await failures(log)
    assert ids(found) == ["t-0.5", "t-2", "t-3", "t-4"]
    assert not found.truncated


@pytest.mark.parametrize(
    ("at", "seen"),
    [
        ("2026-11-23T11:59:00Z", 1),
        ("2026-11-23T11:59:00.123456789Z", 1),
        ("2026-11-23 11:59:00,5", 1),
        ("2026-11-23T13:59:00+02:00", 1),
        ("2026-11-23T11:59:00", 1),
        (1795435140, 1),
        (1795435140.25, 1),
        ("1795435140.25", 1),
        (1795435140_000, 1),
        (1795435140_000_000, 1),
        (1795435140_000_000_000, 1),
        ("2026-11-23T11:59:00+02:00", 0),
        ("yesterday", 0),
        (10**40, 0),
        (-5, 0),
        (True, 0),
        (None, 0),
        ("9999-12-31T23:59:59-14:00", 0),
        ({"a": 1}, 0),
    ],
)
async def test_times_are_understood_in_the_usual_forms_and_no_other_is_guessed(
    log: Path, at: object, seen: int
) -> None:
    """D2: ISO 8601, seconds, milli-, micro- and nanoseconds."""
    write(log, [entry(14, "started"), entry(1, timestamp=at)])
    assert (await failures(log)).failures_total == seen


async def test_the_keys_are_the_profiles_dotted_ones_too(log: Path) -> None:
    """Every name is configurable: Elastic's common schema, flat and nested."""
    nested = {"@timestamp": entry(1), "event": {"action": "task.failed"}, "task": {"id": 7}, "error": {"message": "no"}}
    flat = {"event.action": "task.failed", "task.id": "b", "error.message": {"code": 3}}
    at = {"@timestamp": (NOW - timedelta(minutes=1)).isoformat()}
    write(log, [json.dumps({**nested, **at}), json.dumps({**flat, **at})])
    found = await failures(
        log,
        failure_event="task.failed",
        event_key="event.action",
        task_key="task.id",
        error_key="error.message",
        time_key="@timestamp",
    )
    assert {(f.task_id, f.error) for f in found.failures} == {("7", "no"), ("b", '{"code":3}')}


async def test_a_failure_without_task_or_error_is_counted_all_the_same(log: Path) -> None:
    """D2."""
    write(log, [entry(1, task_id=None, error=None), entry(2, task_id=["x"], error="")])
    found = await failures(log)
    assert {(f.task_id, f.error) for f in found.failures} == {(None, "no error given")}
    assert found.failures_total == 2


async def test_words_of_an_entry_are_cut_and_hold_no_nul(log: Path) -> None:
    """Rule 8: they go into a database and before people's eyes."""
    write(log, [entry(1, error="a\0" + "x" * 100_000, task_id="y" * 100_000)])
    (failure,) = (await failures(log)).failures
    assert len(failure.error) <= 500
    assert len(failure.task_id or "") <= 500
    assert "\0" not in failure.error


async def test_a_log_that_stopped_long_ago_is_silent_and_says_since_when(log: Path) -> None:
    """Rule 4: silence is not health."""
    write(log, [entry(90, "started"), entry(60)], minutes_ago=60)
    found = await failures(log)
    assert (found.lines_seen, found.silent, found.newest_entry_at) == (0, True, NOW - timedelta(minutes=60))


async def test_an_empty_log_is_silent(log: Path) -> None:
    """Rule 4."""
    write(log, [], end="")
    found = await failures(log)
    assert (found.silent, found.newest_entry_at, found.truncated) == (True, None, False)


async def test_entries_of_the_future_are_not_of_the_window(log: Path) -> None:
    """Lied to: a clock in another zone must not look like a lively log."""
    write(log, [entry(-60, "started"), entry(-60)])
    assert (await failures(log)).silent


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["2026-11-23 12:00:00 ERROR task_execution_failed"] * 3, "one looks like '2026-11-23 12:00:00 ERROR task_"),
        (['{"ts": 1795435140, "event": "task_execution_failed"}'], "no JSON objects with a time under 'timestamp'"),
        (['{"timestamp": "2026-11-23T11:59:00Z", "msg": "x"}'], "no entry has a name under 'event'"),
        (["\x1b[31m" + "x" * 100_000], "one looks like '"),
    ],
)
async def test_a_log_of_another_format_is_not_taken_for_a_quiet_one(log: Path, lines: list[str], reason: str) -> None:
    """Rule 4: a wrong key in the profile would make every log healthy."""
    write(log, lines)
    with pytest.raises(UnexpectedAnswer) as refused:
        await failures(log)
    assert reason in str(refused.value)
    assert str(log) in str(refused.value)
    assert len(str(refused.value)) < 600
    assert "\x1b" not in str(refused.value)


def _missing(path: Path) -> None:
    path.unlink()


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _no_parent(path: Path) -> None:
    shutil.rmtree(path.parent)


def _file_for_parent(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_text("x")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (_missing, "there is no log"),
        (_directory, "no regular file"),
        (_pipe, "no regular file"),
        (_loop, "cannot be read: Too many levels"),
        (_no_parent, "there is no directory"),
        (_file_for_parent, "cannot be read: Not a directory"),
    ],
)
async def test_a_log_that_cannot_be_read_says_why(log: Path, broken: Callable[[Path], None], reason: str) -> None:
    """Rule 4: and a pipe never blocks the reading."""
    write(log, [entry(1)])
    broken(log)
    with pytest.raises(SteadyhandError, match=reason):
        await failures(log)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root's rights away")
async def test_a_log_that_may_not_be_read_says_so(log: Path) -> None:
    """Rule 4."""
    write(log, [entry(1)])
    log.chmod(0)
    os.seteuid(65534)
    try:
        with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
            await failures(log)
    finally:
        os.seteuid(0)


async def test_without_a_log_in_the_profile_the_key_to_set_is_named() -> None:
    """D2: the message is the user interface of an error."""
    with pytest.raises(ConfigurationError, match=r"^no log is configured: set logs\.source$"):
        log_source_of(Logs())
