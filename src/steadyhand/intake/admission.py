"""From many requests to few transactions: what waits together is committed together (rule 2).

Bounded in number, bytes and time; notifications with something that fires go first. Whoever waits gets an answer only
after the commit, or an error that means: nothing was taken, send it again.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import structlog

from steadyhand.domain.alert import AlertStatus, QuarantinedAlert
from steadyhand.errors import TransientError
from steadyhand.intake.judging import WHOLE
from steadyhand.store.database import Database, refuses_content
from steadyhand.store.inbox import Delivery, Receipt, deliver
from steadyhand.store.joining import House
from steadyhand.store.pending import keep_pending

_log = structlog.get_logger(__name__)
_BATCH = 256
_BATCH_BYTES = 8 * 1024 * 1024
_WORDS = 500
_LINGER_SECONDS = 0.002
"""Long enough for what arrives together to be committed together: a third less work for each of them."""


@dataclass(frozen=True, eq=False, slots=True)
class _Waiting:
    delivery: Delivery
    answer: asyncio.Future[Receipt]


class Admission:
    """The queue before the database. Use within `open_admission`."""

    def __init__(self, database: Database, house: House, *, max_waiting: int, max_waiting_bytes: int) -> None:
        self._database = database
        self._house = house
        self._max_waiting = max_waiting
        self._max_bytes = max_waiting_bytes
        self._firing: deque[_Waiting] = deque()
        self._resolved: deque[_Waiting] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many notifications wait."""
        return len(self._firing) + len(self._resolved)

    def require_room(self, size: int) -> None:
        """A body of this many bytes may wait. Raises TransientError when too much waits already."""
        if self.waiting >= self._max_waiting or (self._bytes and self._bytes + size > self._max_bytes):
            raise TransientError("too many notifications wait for the database; send it again")

    async def submit(self, delivery: Delivery, *, seconds: float) -> Receipt:
        """What became of it, after the commit.

        Raises TransientError when too much waits, when it is not its turn within `seconds`, or when the database fails:
        then nothing was taken, but for a commit whose acknowledgement was lost, and a second copy of that is a repeat.
        """
        size = len(delivery.body)
        self.require_room(size)
        waiting = _Waiting(delivery, asyncio.get_running_loop().create_future())
        queue = self._firing if _fires(delivery) else self._resolved
        queue.append(waiting)
        self._bytes += size
        self._arrived.set()
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(waiting.answer)
        except TimeoutError:
            return await self._late(queue, waiting)

    async def _late(self, queue: deque[_Waiting], waiting: _Waiting) -> Receipt:
        """Its time is over: it leaves the queue, but one that is being committed is waited for."""
        if waiting not in queue:
            return await waiting.answer
        queue.remove(waiting)
        self._bytes -= len(waiting.delivery.body)
        raise TransientError("it was not its turn in time; send it again")

    async def commit_for_ever(self) -> None:
        """Commits what waits, batch after batch, until cancelled."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(_LINGER_SECONDS)
            if batch := self._next_batch():
                await self._commit(batch)
            else:
                self._arrived.clear()

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while len(batch) < _BATCH and (queue := self._firing or self._resolved):
            if batch and size + len(queue[0].delivery.body) > _BATCH_BYTES:
                break
            batch.append(queue.popleft())
            size += len(batch[-1].delivery.body)
        self._bytes -= size
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        try:
            async with self._database.transaction() as connection:
                receipts = await deliver(connection, [one.delivery for one in batch], self._house)
        except TransientError as error:
            _send_again(batch, error)
        except asyncio.CancelledError as stop:
            _send_again(batch, stop)
            raise
        except Exception as error:  # noqa: BLE001 - the edge: what we did not foresee costs one notification, not the door
            if len(batch) == 1:
                await self._set_aside(batch[0], error)
                return
            for one in batch:
                await self._commit([one])
        else:
            for one, receipt in zip(batch, receipts, strict=True):
                _answer(one, receipt)

    async def _set_aside(self, one: _Waiting, error: Exception) -> None:
        """What the database refuses for its content it would refuse for ever: quarantined. All else waits."""
        _log.error("notification_set_aside", error=repr(error)[:_WORDS])
        try:
            async with self._database.transaction() as connection:
                if refuses_content(error):
                    whole = _quarantined(one.delivery, f"the database refuses its content: {error}"[:_WORDS])
                    (receipt,) = await deliver(connection, [whole], self._house)
                else:
                    receipt = await keep_pending(connection, one.delivery)
        except Exception as again:  # noqa: BLE001 - the same edge
            _send_again([one], again)
        else:
            _answer(one, receipt)


def _fires(delivery: Delivery) -> bool:
    return any(alert.status is AlertStatus.FIRING for alert in delivery.placed)


def _quarantined(delivery: Delivery, reason: str) -> Delivery:
    return replace(delivery, placed=(), refused=(QuarantinedAlert(fingerprint=WHOLE, reason=reason),))


def _send_again(batch: list[_Waiting], error: BaseException) -> None:
    _log.error("notifications_not_committed", count=len(batch), error=str(error)[:_WORDS])
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(TransientError("the database did not take it; send it again"))
            one.answer.exception()  # whoever sent it may be gone, and nobody asks


def _answer(waiting: _Waiting, receipt: Receipt) -> None:
    if not waiting.answer.done():
        waiting.answer.set_result(receipt)


@asynccontextmanager
async def committing(admission: Admission) -> AsyncIterator[None]:
    """What is submitted is committed for as long as the block lasts."""
    work = asyncio.create_task(admission.commit_for_ever())
    try:
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
