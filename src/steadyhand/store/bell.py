"""Being woken by the database: a hint that there is something to do, at once instead of at the next look.

A hint and no promise: it is lost when nobody listens at that moment, and a pooler before Postgres may swallow it. Who
waits for the bell looks by itself, too.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import structlog

from steadyhand.errors import TransientError
from steadyhand.store.database import Database
from steadyhand.store.listening import Listener
from steadyhand.store.ringing import CHANNEL

_SECONDS_BETWEEN_TRIES = 5.0
_log = structlog.get_logger(__name__)


class Bell:
    """Listens on one connection of its own, and makes another when that is lost."""

    def __init__(self, database: Database, *, seconds_between_tries: float = _SECONDS_BETWEEN_TRIES) -> None:
        self._database = database
        self._seconds_between_tries = seconds_between_tries
        self._rung = asyncio.Event()
        self._listener: Listener | None = None
        self._try_again_at = 0.0

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            await self._listener.close()

    async def wait(self, seconds: float) -> None:
        """Returns at a ring since the last call, or after `seconds`. Deaf for want of a database, it only waits."""
        if self._listener is None or self._listener.lost:
            await self._listen()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        # Before the caller looks: what rings from here on is heard by the next call.
        self._rung.clear()

    async def _listen(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._try_again_at:
            return
        self._try_again_at = now + self._seconds_between_tries
        if self._listener is not None:
            lost, self._listener = self._listener, None
            await lost.close()
        try:
            self._listener = await Listener.on(self._database, CHANNEL, self._rung.set)
        except TransientError as error:
            _log.warning("not_listening_for_a_while", reason=str(error)[:500])
        # What was rung while nobody listened.
        self._rung.set()
