"""One deadline at a time."""

import asyncio
from collections.abc import Callable


class Clock:
    """What is to happen later, unless it is stopped or started anew before."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None

    def start(self, seconds: float, work: Callable[[], None]) -> None:
        """`work` is called in so many seconds, and nothing else."""
        self.stop()
        self._handle = self._loop.call_later(seconds, work)

    def stop(self) -> None:
        """Nothing is called."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
