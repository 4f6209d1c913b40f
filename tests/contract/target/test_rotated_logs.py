"""A log in parts, rotated while it is read, torn or too large: nothing is counted twice, and a gap is told."""

import asyncio
import contextlib
import gzip
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import pytest

from steadyhand.clients.logs import FailureLog, FileLog
from steadyhand.clients.logs import file as file_module
from steadyhand.clients.logs.backwards import Allowance, plain_blocks
from steadyhand.errors import TransientError
from steadyhand.profile import FileLogs, Logs

from .logged import NOW, SINCE, entry, failures, ids, write


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the log is, or will be."""
    return tmp_path / "app.jsonl"


@pytest.mark.parametrize(
    ("older", "oldest"),
    [
        (".1", ".2"),
        (".1", ".2.gz"),
        (".1.gz", ".2.gz"),
        ("-20261123", "-20261122"),
        ("-20261123-1763899200.gz", "-20261122.gz"),
        (".2026-11-23", ".2026-11-22_23-00"),
    ],
)
async def test_rotated_parts_are_read_as_far_as_the_window_goes(log: Path, older: str, oldest: str) -> None:
    """D2: logrotate's and Python's names."""
    write(log, [entry(1)])
    write(log.with_name(log.name + older), [entry(9), entry(5)], minutes_ago=4)
    write(log.with_name(log.name + oldest), [entry(30), entry(12)], minutes_ago=10)
    write(log.with_name(log.name + ".9"), [entry(8, task_id="of a part that was not changed since")], minutes_ago=60)
    write(log.with_name("other.jsonl.1"), [entry(2)])
    found = await failures(log)
    assert ids(found) == ["t-1", "t-5", "t-9", "t-12"]
    assert not found.truncated


async def test_a_log_between_its_rotation_and_its_first_new_line_is_whole(log: Path) -> None:
    """Called late: the file itself is away for a moment, or still empty."""
    write(log.with_name("app.jsonl.1"), [entry(2)])
    assert ids(await failures(log)) == ["t-2"]
    write(log, [], end="")
    assert ids(await failures(log)) == ["t-2"]


async def test_a_part_that_is_just_being_compressed_is_counted_once(log: Path) -> None:
    """Both are there while gzip writes."""
    write(log, [entry(1)])
    write(log.with_name("app.jsonl.1"), [entry(2)])
    log.with_name("app.jsonl.1.gz").write_bytes(gzip.compress((entry(2) + "\n").encode())[:20])
    found = await failures(log)
    assert (ids(found), found.truncated) == (["t-1", "t-2"], False)


@pytest.mark.parametrize("name", ["app.jsonl.1.zst", "app.jsonl.1.bz2", "app.jsonl.1.xz"])
async def test_a_part_packed_in_another_way_is_told_as_a_gap(log: Path, name: str) -> None:
    """Rule 4: what could not be read is not nothing."""
    write(log, [entry(1)])
    write(log.with_name(name), ["?"], minutes_ago=3)
    found = await failures(log)
    assert (found.failures_total, found.truncated) == (1, True)


async def test_a_torn_archive_gives_what_it_holds_and_is_told_as_a_gap(log: Path) -> None:
    """A crash while compressing."""
    write(log, [entry(1)])
    part = log.with_name("app.jsonl.1.gz")
    write(part, [entry(9, task_id=os.urandom(300).hex()) for _ in range(500)], minutes_ago=3)
    content = part.read_bytes()
    part.write_bytes(content[: len(content) // 2])
    found = await failures(log)
    assert found.truncated
    assert 100 < found.failures_total < 501


async def test_an_archive_that_is_none_is_told_as_a_gap(log: Path) -> None:
    write(log, [entry(1)])
    log.with_name("app.jsonl.1.gz").write_bytes(b"no archive")
    found = await failures(log)
    assert (found.failures_total, found.truncated) == (1, True)


async def test_no_more_than_the_limit_is_read_of_an_archive_that_unpacks_to_gigabytes(log: Path) -> None:
    """Called by a hostile disk: decompressed bytes count, and memory stays small."""
    write(log, [entry(1)])
    with gzip.open(log.with_name("app.jsonl.1.gz"), "wb", compresslevel=1) as bomb:
        for _ in range(200):
            bomb.write(b"\0" * 1_000_000)
    began = time.monotonic()
    found = await failures(log, max_bytes=300_000)
    assert (ids(found), found.truncated) == (["t-1"], True)
    assert time.monotonic() - began < 2


async def test_the_newest_part_of_a_log_over_the_limit_is_read_and_the_rest_is_told_as_a_gap(log: Path) -> None:
    """D2, rule 4."""
    lines = [entry(14 - n / 100, "noise", text="x" * 200) for n in range(1000)]
    write(log, [entry(14.5), *lines, entry(0.5)])
    found = await failures(log, max_bytes=100_000)
    assert (ids(found), found.truncated) == (["t-0.5"], True)
    assert 0 < (found.lines_seen or 0) < 500
    assert (await failures(log)).lines_seen == 1002


async def test_what_is_no_file_beside_the_log_is_passed_over(log: Path) -> None:
    """A directory with a rotated name, a dangling link."""
    write(log, [entry(1)])
    log.with_name("app.jsonl.1").mkdir()
    log.with_name("app.jsonl.2").symlink_to("nowhere")
    os.mkfifo(log.with_name("app.jsonl.3"))
    assert ids(await failures(log)) == ["t-1"]


async def test_a_log_that_is_rotated_again_and_again_while_it_is_read_is_counted_once(log: Path) -> None:
    """No failure is lost or counted twice, however the files move under the reading."""
    write(log, [entry(5 - n / 1000) for n in range(2000)])
    stop = threading.Event()

    def rotate() -> None:
        for number in range(1, 60):
            for age in range(number - 1, 0, -1):
                log.with_name(f"app.jsonl.{age}").replace(log.with_name(f"app.jsonl.{age + 1}"))
            log.replace(log.with_name("app.jsonl.1"))
            write(log, [entry(1, "rotated")])
            stop.wait(0.03)

    thread = threading.Thread(target=rotate)
    thread.start()
    try:
        counted: list[FailureLog] = []
        while thread.is_alive() and len(counted) < 30:
            with contextlib.suppress(TransientError):
                counted.append(await failures(log))
    finally:
        stop.set()
        thread.join()
    assert {(found.failures_total, found.truncated) for found in counted} == {(2000, False)}


async def test_a_log_that_is_copied_and_cut_while_it_is_read_is_read_again(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """logrotate's copytruncate, between two blocks."""
    write(log, [entry(5 - n / 1000) for n in range(2000)])
    cut = threading.Event()

    def cutting(file: BinaryIO, allowance: Allowance) -> Iterator[list[bytes]]:
        for lines in plain_blocks(file, allowance):
            yield lines
            if not cut.is_set():
                cut.set()
                shutil.copy2(log, log.with_name("app.jsonl.1"))
                os.truncate(log, 0)

    monkeypatch.setattr(file_module, "plain_blocks", cutting)
    found = await failures(log)
    assert (found.failures_total, found.truncated) == (2000, False)


async def test_a_reading_without_end_is_ended_and_told_as_a_gap(log: Path) -> None:
    """D2: the thread ends with the limit, and the loop was never blocked."""
    write(log, [entry(10 - n / 100_000) for n in range(100_000)])
    source = FileLogs(path=log)
    turns, began = 0, time.monotonic()
    reading = asyncio.ensure_future(FileLog(source, Logs(), seconds=0.05).failures(SINCE, NOW))
    while not reading.done():
        await asyncio.sleep(0.01)
        turns += 1
    found = await reading
    assert found.truncated
    assert 0 < found.failures_total < 100_000
    assert turns >= 2
    assert time.monotonic() - began < 2


async def test_the_thread_that_reads_ends_when_nobody_waits_any_more(log: Path) -> None:
    """Cancelled: a probe's own time limit leaves nothing running."""
    write(log, [entry(10 - n / 100_000, text="x" * 500) for n in range(100_000)])
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await failures(log)
    while reading():
        assert time.monotonic() - began < 3
        await asyncio.sleep(0.01)


def reading() -> bool:
    """Some thread is in the middle of a log."""
    for frame in sys._current_frames().values():
        at: FrameType | None = frame
        while at:
            if at.f_code.co_filename == file_module.__file__ and at.f_code.co_name == "_read":
                return True
            at = at.f_back
    return False
