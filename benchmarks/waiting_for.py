"""Waiting for what happens elsewhere."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from steadyhand.errors import TransientError

T = TypeVar("T")


async def until(what: str, seconds: float, look: Callable[[], Awaitable[T | None]], *, every: float) -> T:
    """What `look` gives as soon as it gives something true. Raises TransientError when that takes longer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(every)
    raise TransientError(f"waited {seconds:.0f} s, and it is not so: {what}")
