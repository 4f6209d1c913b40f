"""The lines of a log's part, a block at a time, from the newest back."""

import gzip
import os
import stat
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

BLOCK = 65536
_LONGEST_LINE = 1024 * 1024


class Allowance:
    """What one reading may still take: bytes, decompressed ones too, and time. Another thread may end it at once."""

    def __init__(self, *, max_bytes: int, seconds: float) -> None:
        self._bytes = max_bytes
        self._deadline = time.monotonic() + seconds
        self._ended = threading.Event()

    def end(self) -> None:
        """Nothing more is read."""
        self._ended.set()

    def next_block(self) -> int:
        """How many bytes may be read now: a block's, or what is left of them, or none."""
        if self._ended.is_set() or time.monotonic() > self._deadline:
            return 0
        return min(BLOCK, self._bytes)

    def spend(self, size: int) -> None:
        """These bytes were read."""
        self._bytes -= size


class Torn(Exception):
    """The part ended before its end: it was cut or is being written, or the allowance is spent."""


def opened(path: Path) -> BinaryIO:
    """The file, if it is a regular one: a pipe put in its place would never answer. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IsADirectoryError(0, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb", buffering=0)


def plain_blocks(file: BinaryIO, allowance: Allowance) -> Iterator[list[bytes]]:
    """The lines of each block from the end to the beginning. Raises Torn."""
    end, rest = file.seek(0, os.SEEK_END), b""
    while end > 0:
        size = min(end, allowance.next_block())
        if not size:
            raise Torn
        end -= size
        file.seek(end)
        block = file.read(size)
        allowance.spend(len(block))
        if len(block) < size:
            raise Torn
        rest, *lines = (block + rest).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            rest = b""
        yield lines
    yield [rest]


def gzip_blocks(file: BinaryIO, allowance: Allowance) -> Iterator[list[bytes]]:
    """The lines of each decompressed block, from the beginning: gzip knows no other way. Raises Torn."""
    rest = b""
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            while size := allowance.next_block():
                block = unpacked.read(size)
                if not block:
                    yield [rest]
                    return
                allowance.spend(len(block))
                *lines, rest = (rest + block).split(b"\n")
                if len(rest) > _LONGEST_LINE:
                    rest = b""
                yield lines
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Torn from error
    raise Torn
