"""What fails for a reason nobody foresaw is acknowledged, waits, and is tried again (rule 2; contract 1 and 2).

The reason here is real: a trigger of the test's own database that refuses one fingerprint.
"""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import func, select, update

from steadyhand.domain.record import utc_now
from steadyhand.intake.again import process_pending, replay
from steadyhand.store import quarantine
from steadyhand.store.tables import notifications
from tests.contract.intake.bodies import Body, notice, told
from tests.contract.intake.holding import database_held, somebody_waits
from tests.contract.intake.receiving import Intaking

POISON = "the-one-that-fails"
TRIES = 8


def poisoned() -> Body:
    """An alert that the database will not have."""
    return told("Poisoned") | {"fingerprint": POISON}


@pytest.fixture
async def trouble(intake: Intaking, administrator: asyncpg.Connection) -> asyncpg.Connection:
    """The database refuses the poisoned fingerprint, for as long as the trigger is there."""
    assert intake
    await administrator.execute(
        f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.fingerprint = '{POISON}' THEN RAISE EXCEPTION 'nobody foresaw this'; END IF;
            RETURN NEW;
        END $$
        """
    )
    await administrator.execute("CREATE TRIGGER refuse BEFORE INSERT ON alerts FOR EACH ROW EXECUTE FUNCTION refuse()")
    return administrator


async def cure(administrator: asyncpg.Connection) -> None:
    await administrator.execute("DROP TRIGGER refuse ON alerts")


async def time_passes(intake: Intaking) -> None:
    """Exactly the next try of everything that waits is due."""
    pause = timedelta(seconds=2) * func.power(2, notifications.c.attempts)
    async with intake.database.transaction() as connection:
        statement = update(notifications).where(notifications.c.pending_since.is_not(None))
        await connection.execute(statement.values(pending_since=func.now() - pause))


async def attempts(intake: Intaking) -> list[int]:
    """How often each that waits was tried."""
    statement = select(notifications.c.attempts).where(notifications.c.pending_since.is_not(None))
    async with intake.database.transaction() as connection:
        return list((await connection.execute(statement.order_by(notifications.c.id))).scalars())


async def test_one_that_fails_costs_only_itself(intake: Intaking, trouble: asyncpg.Connection) -> None:
    """It is acknowledged, for it is kept; its siblings of the same transaction are committed."""
    bodies = [notice(told("One")), notice(poisoned()), notice(told("Two"))]
    async with database_held(trouble):
        posts = [asyncio.create_task(intake.post(body)) for body in bodies]
        await somebody_waits(trouble)
    assert [answer.status_code for answer in await asyncio.gather(*posts)] == [200] * 3
    assert await intake.firing() == ["One", "Two"]
    assert len(await intake.bodies()) == 3
    counts = await intake.counts()
    assert (counts.processed_alerts, counts.inbox_pending, counts.quarantined_alerts) == (2, 1, 0)


async def test_it_is_processed_once_the_reason_is_gone(intake: Intaking, trouble: asyncpg.Connection) -> None:
    assert await intake.meant(notice(poisoned())) == [{}]
    await cure(trouble)
    assert await process_pending(intake.database, intake.profile) == 0, "not before its time"
    await time_passes(intake)
    assert await process_pending(intake.database, intake.profile) == 1
    assert await intake.firing() == ["Poisoned"]
    assert await intake.happened() == ["Poisoned fires"]
    counts = await intake.counts()
    assert (counts.processed_alerts, counts.inbox_pending) == (1, 0)
    await time_passes(intake)
    assert await process_pending(intake.database, intake.profile) == 0


async def test_it_is_tried_eight_times_with_growing_pauses_and_then_quarantined(
    intake: Intaking, trouble: asyncpg.Connection
) -> None:
    assert trouble
    await intake.meant(notice(poisoned(), told("Sibling")))
    for tried in range(TRIES - 1):
        assert await attempts(intake) == [tried]
        await time_passes(intake)
        assert await process_pending(intake.database, intake.profile) == 0
        assert (await intake.counts()).inbox_pending == 2
    await time_passes(intake)
    assert await process_pending(intake.database, intake.profile) == 1
    assert await attempts(intake) == []
    (reason,) = await intake.quarantined()
    assert "tried 8 times" in reason
    assert "nobody foresaw this" in reason
    counts = await intake.counts()
    assert (counts.inbox_pending, counts.processed_alerts, counts.quarantined_alerts) == (0, 0, 1)


async def test_what_was_given_up_can_still_be_replayed(intake: Intaking, trouble: asyncpg.Connection) -> None:
    await intake.meant(notice(poisoned(), told("Sibling")))
    async with intake.database.transaction() as connection:
        long_ago = utc_now() - timedelta(days=1)
        await connection.execute(update(notifications).values(pending_since=long_ago))
    assert await process_pending(intake.database, intake.profile) == 1
    await cure(trouble)
    async with intake.database.transaction() as connection:
        (row,) = await quarantine.listed(connection, open_only=True, limit=5)
    assert row.position is None
    assert (await replay(intake.database, intake.profile, row.id)).settled_as == "processed"
    assert await intake.firing() == ["Poisoned", "Sibling"]
    counts = await intake.counts()
    assert (counts.stored_alerts, counts.processed_alerts, counts.quarantined_alerts) == (2, 2, 0)


async def test_one_that_fails_does_not_hold_up_those_behind_it(intake: Intaking, trouble: asyncpg.Connection) -> None:
    await intake.meant(notice(poisoned()))
    await trouble.execute("ALTER TABLE alert_history RENAME TO elsewhere")
    await intake.meant(notice(told("Behind")))
    await trouble.execute("ALTER TABLE elsewhere RENAME TO alert_history")
    assert (await intake.counts()).inbox_pending == 2
    await time_passes(intake)
    assert await process_pending(intake.database, intake.profile) == 1
    assert await intake.firing() == ["Behind"]
    assert await attempts(intake) == [1]
    await intake.counts()


async def test_two_processors_at_once_process_it_once(intake: Intaking, trouble: asyncpg.Connection) -> None:
    for number in range(6):
        await intake.meant(notice(poisoned(), told(f"Sibling {number}")))
    await cure(trouble)
    await time_passes(intake)
    done = await asyncio.gather(*(process_pending(intake.database, intake.profile) for _ in range(3)))
    assert sum(done) == 6
    happened = await intake.happened()
    assert sorted(happened) == sorted(["Poisoned fires", *(f"Sibling {number} fires" for number in range(6))])
    counts = await intake.counts()
    assert (counts.processed_alerts, counts.inbox_pending) == (12, 0)


async def test_a_firing_that_waited_is_late_when_a_newer_start_came_meanwhile(
    intake: Intaking, trouble: asyncpg.Connection
) -> None:
    """Contract 4: it is processed in its turn, and turns nothing back."""
    await intake.meant(notice(poisoned()))
    await cure(trouble)
    newer = told("Poisoned", start=60) | {"fingerprint": POISON}
    await intake.meant(notice(newer))
    await time_passes(intake)
    assert await process_pending(intake.database, intake.profile) == 1
    assert await intake.happened() == ["Poisoned fires", "Poisoned late, ignored"]


async def test_what_the_database_refuses_for_its_content_is_quarantined_at_once(
    intake: Intaking, administrator: asyncpg.Connection
) -> None:
    """It would refuse it for ever: here a name too long for a column that a person has narrowed."""
    await administrator.execute("ALTER TABLE alerts ALTER COLUMN name TYPE varchar(20)")
    await intake.meant(notice(told("x" * 21)))
    (reason,) = await intake.quarantined()
    assert "the database refuses its content" in reason
    counts = await intake.counts()
    assert (counts.inbox_pending, counts.quarantined_alerts) == (0, 1)
    assert await intake.meant(notice(told("good"))) == [{"fires": 1}]
