"""The continuous stream of notifications: several senders, a growing set of incident keys, duplicates from a peer."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.incident import Environment
from tests.chaos.book import Book
from tests.chaos.composing import Composer
from tests.chaos.sender import Sender
from tests.chaos.stage import Stage

_SENDERS = 6
_SENDERS_OF_A_KEY = 2
_FIRST_KEYS = 5
_MOST_KEYS = 30
_PAUSE_SECONDS = (0.02, 0.25)
_FROM_A_PEER_TOO = 0.25

KEYS = tuple(
    IncidentKey(environment=environment, service=f"service-{number:02}")
    for number, environment in itertools.product(range(_MOST_KEYS // 2), Environment)
)


class Stream:
    """Senders at work. Each key is told of by two of them, through both receivers, at the same time."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.book = Book()
        self._stage = stage
        self._seed = seed
        self._open = _FIRST_KEYS
        self._opening = asyncio.Event()
        self._stopping = False

    async def widen(self) -> None:
        """A notification of a key that was not heard of before is on its way; with all keys told, at once."""
        if self._open >= len(KEYS):
            return
        self._opening.clear()
        self._open += 1
        await self._opening.wait()

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Notifications flow for as long as the block lasts; afterwards each is acknowledged, or refused for ever."""
        headers = {"Authorization": f"Bearer {self._stage.token}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(headers=headers) as http, asyncio.TaskGroup() as senders:
            for number in range(_SENDERS):
                senders.create_task(self._send(number, http))
            try:
                yield
            finally:
                self._stopping = True

    async def _send(self, number: int, http: httpx.AsyncClient) -> None:
        composer = Composer(f"sender-{number}", f"{self._seed}/{number}")
        chosen = random.Random(f"{self._seed}/pace/{number}")  # noqa: S311 - replayable, not secret
        here, peer = (Sender(http, self._receivers(number + side), self.book) for side in range(2))
        while not self._stopping:
            keys = self._keys_of(number)
            opening = any(not composer.knows(key) for key in keys)
            sent = composer.compose(keys)
            async with asyncio.TaskGroup() as at_once:
                at_once.create_task(here.deliver(sent))
                if chosen.random() < _FROM_A_PEER_TOO:
                    at_once.create_task(peer.deliver(sent.from_a_peer()))
                if opening:
                    self._opening.set()
            await asyncio.sleep(chosen.uniform(*_PAUSE_SECONDS))

    def _keys_of(self, number: int) -> list[IncidentKey]:
        numbers = range(self._open)
        return [KEYS[key] for key in numbers if (number - key) % _SENDERS < _SENDERS_OF_A_KEY]

    def _receivers(self, first: int) -> tuple[str, ...]:
        addresses = self._stage.receivers
        return addresses[first % len(addresses) :] + addresses[: first % len(addresses)]
