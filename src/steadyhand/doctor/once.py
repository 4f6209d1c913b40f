"""Something several checks need, asked for once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from steadyhand.errors import SteadyhandError

T = TypeVar("T")


class Once(Generic[T]):
    """The answer of `ask`, or its error, the same for all who want it.

    The first to come asks within its own deadline; when it gives up, the next one asks.
    """

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._lock = asyncio.Lock()
        self._answers: list[T] = []
        self._error: SteadyhandError | None = None

    async def get(self) -> T:
        """The answer. Raises the error of our own that the one who asked got."""
        async with self._lock:
            if self._error is not None:
                raise self._error
            if not self._answers:
                try:
                    self._answers.append(await self._ask())
                except SteadyhandError as error:
                    self._error = error
                    raise
            return self._answers[0]
