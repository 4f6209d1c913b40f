"""The queue before the database: bounded, firing first, and honest about what it took (rule 2; contract 1 and 2)."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError
from steadyhand.intake.admission import Admission, committing
from steadyhand.store.database import Database
from steadyhand.store.inbox import Delivery, Receipt
from tests.contract.intake.holding import database_held, somebody_waits, until
from tests.contract.intake.keeping import HOUSE, Corner, kept, unaccounted
from tests.unit.intake.contract import Told

LONG, SHORT = 60.0, 0.3
MOST, MOST_BYTES = 5, 1_000


def firing(body: str = "firing") -> Delivery:
    return Delivery(body=body.encode(), sender="test", at=utc_now(), placed=(Corner().alert(Told("a", 0, None)),))


def resolved(body: str = "resolved") -> Delivery:
    return Delivery(body=body.encode(), sender="test", at=utc_now(), placed=(Corner().alert(Told("a", 0, 5)),))


@pytest.fixture
async def admission(database: Database) -> AsyncIterator[Admission]:
    queue = Admission(database, HOUSE, max_waiting=MOST, max_waiting_bytes=MOST_BYTES)
    async with committing(queue):
        yield queue


async def submitted(admission: Admission, *deliveries: Delivery, seconds: float = LONG) -> list[asyncio.Task[Receipt]]:
    """They wait in the queue, in this order."""
    tasks = []
    for delivery in deliveries:
        tasks.append(asyncio.create_task(admission.submit(delivery, seconds=seconds)))
        await asyncio.sleep(0)
    return tasks


async def held_up(admission: Admission, administrator: asyncpg.Connection) -> asyncio.Task[Receipt]:
    """One is being committed and does not get on; whatever comes now has to wait."""
    (first,) = await submitted(admission, firing("first"))
    await somebody_waits(administrator)
    assert admission.waiting == 0
    return first


async def test_what_is_over_the_bound_is_to_be_sent_again_and_nothing_of_it_is_kept(
    admission: Admission, database: Database, administrator: asyncpg.Connection
) -> None:
    async with database_held(administrator):
        first = await held_up(admission, administrator)
        waiting = await submitted(admission, *(firing(f"waiting {n}") for n in range(MOST)))
        assert admission.waiting == MOST
        with pytest.raises(TransientError, match="too many notifications wait"):
            await admission.submit(firing("too many"), seconds=LONG)
    await asyncio.gather(first, *waiting)
    assert await kept(database) == [b"first", *(f"waiting {n}".encode() for n in range(MOST))]
    assert (await admission.submit(firing("again"), seconds=LONG)).transitions == {"fires": 1}
    assert await unaccounted(database) == 0


async def test_the_bound_counts_bytes_and_frees_them(
    admission: Admission, database: Database, administrator: asyncpg.Connection
) -> None:
    half = "x" * (MOST_BYTES // 2)
    for _ in range(2):
        async with database_held(administrator):
            first = await held_up(admission, administrator)
            waiting = await submitted(admission, firing(half), firing(half))
            with pytest.raises(TransientError, match="too many notifications wait"):
                await admission.submit(firing("x"), seconds=LONG)
        await asyncio.gather(first, *waiting)
    assert len(await kept(database)) == 6


async def test_one_that_is_larger_than_the_bound_is_let_in_when_nothing_waits(
    admission: Admission, database: Database
) -> None:
    """Else it could never come in."""
    body = "x" * (MOST_BYTES + 1)
    await admission.submit(firing(body), seconds=LONG)
    assert await kept(database) == [body.encode()]


async def test_firing_goes_before_resolved_when_the_queue_is_long(
    admission: Admission, database: Database, administrator: asyncpg.Connection
) -> None:
    async with database_held(administrator):
        first = await held_up(admission, administrator)
        queued = (resolved("r1"), resolved("r2"), firing("f1"), resolved("r3"), firing("f2"))
        waiting = await submitted(admission, *queued)
    receipts = await asyncio.gather(first, *waiting)
    assert await kept(database) == [b"first", b"f1", b"f2", b"r1", b"r2", b"r3"]
    assert [receipt.notification_id for receipt in receipts] == [1, 4, 5, 2, 6, 3]


async def test_one_whose_time_runs_out_is_not_committed_afterwards(
    admission: Admission, database: Database, administrator: asyncpg.Connection
) -> None:
    """It was told to come again; committed as well, it would only be a repeat, but its place is needed."""
    async with database_held(administrator):
        first = await held_up(admission, administrator)
        (patient,) = await submitted(admission, firing("patient"))
        with pytest.raises(TransientError, match="not its turn in time"):
            await admission.submit(firing("hasty"), seconds=SHORT)
        assert admission.waiting == 1
    await asyncio.gather(first, patient)
    assert await kept(database) == [b"first", b"patient"]


async def test_one_that_is_being_committed_is_waited_for(
    admission: Admission, database: Database, administrator: asyncpg.Connection
) -> None:
    """Whoever got an error for it would send it again, and never know that it is there."""
    async with database_held(administrator):
        (committed,) = await submitted(admission, firing("committed"), seconds=SHORT)
        await somebody_waits(administrator)
        with pytest.raises(TransientError, match="not its turn in time"):
            await admission.submit(firing("hasty"), seconds=2 * SHORT)
        assert not committed.done()
    assert (await committed).transitions == {"fires": 1}
    assert await kept(database) == [b"committed"]


async def test_whoever_goes_away_harms_nobody(
    admission: Admission, database: Database, administrator: asyncpg.Connection
) -> None:
    """Cancelled while waiting, and while being committed: the others are committed and get their answers."""
    async with database_held(administrator):
        first = await held_up(admission, administrator)
        gone, stays = await submitted(admission, firing("gone"), firing("stays"))
        first.cancel()
        gone.cancel()
        await asyncio.wait([first, gone])
    assert (await stays).transitions == {"fires": 1}
    await until(lambda: admission.waiting == 0, "the queue is empty")
    assert {b"first", b"stays"} <= set(await kept(database)) <= {b"first", b"gone", b"stays"}
    assert await unaccounted(database) == 0
    again = await submitted(admission, *(firing(f"again {n}") for n in range(MOST)))
    assert len(await asyncio.gather(*again)) == MOST


async def test_what_waits_is_committed_together(
    admission: Admission, database: Database, administrator: asyncpg.Connection
) -> None:
    """One transaction, whatever their number: that is what makes it quick."""
    async with database_held(administrator):
        first = await held_up(admission, administrator)
        waiting = await submitted(admission, *(firing(f"waiting {n}") for n in range(MOST)))
    await asyncio.gather(first, *waiting)
    transactions = await administrator.fetchval("SELECT count(DISTINCT xmin::text) FROM notifications")
    assert transactions == 2
    assert len(await kept(database)) == MOST + 1


async def test_when_the_receiver_stops_nobody_waits_for_ever(
    database: Database, administrator: asyncpg.Connection
) -> None:
    """Neither in the queue nor in the transaction that was cut off: both are told to come again."""
    admission = Admission(database, HOUSE, max_waiting=MOST, max_waiting_bytes=MOST_BYTES)
    async with database_held(administrator):
        async with committing(admission):
            first = await held_up(admission, administrator)
            (queued,) = await submitted(admission, firing("queued"), seconds=SHORT)
        done, waiting = await asyncio.wait([first, queued], timeout=10 * SHORT)
    for task in waiting:
        task.cancel()
    assert not waiting
    assert {type(task.exception()) for task in done} == {TransientError}
    assert await kept(database) == []
