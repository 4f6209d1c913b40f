"""Permits of the shared backend: whoever runs a task under the asyncio scheduler holds one meanwhile.

A permit can be used again once the backend has confirmed its reset. Under the fault `queue-starvation` the backend
confirms nothing: every task that ends takes a permit out of circulation, until no worker gets one any more.
"""

import asyncio

from .faults import QUEUE_STARVATION, Faults, Obeyed

WAIT_SECONDS = 0.02


class Permits:
    """`size` permits; without need of them (sequential scheduling) nobody takes one."""

    def __init__(self, *, size: int, faults: Faults, obeyed: Obeyed) -> None:
        self._free = size
        self._unconfirmed = 0
        self._faults = faults
        self._obeyed = obeyed

    async def acquire(self) -> bool:
        """Wait for a permit and take it: True. False at once, or as soon as no permit is needed."""
        while self._obeyed.permits():
            self._confirm_resets()
            if self._free > 0:
                self._free -= 1
                return True
            await asyncio.sleep(WAIT_SECONDS)
        return False

    def give_back(self) -> None:
        """Hand a permit back; it is free again when the backend confirms."""
        self._unconfirmed += 1
        self._confirm_resets()

    def _confirm_resets(self) -> None:
        if not self._faults.active(QUEUE_STARVATION):
            self._free += self._unconfirmed
            self._unconfirmed = 0
