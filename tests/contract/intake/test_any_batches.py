"""The store against the model of the contract, however deliveries are committed together (T1; rules 2 and 6)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steadyhand.store.database import Database
from steadyhand.store.inbox import Receipt
from tests.contract.intake.keeping import Corner, unaccounted
from tests.unit.intake.contract import Told, is_repeat, known, opens, order_counts
from tests.unit.intake.stories import stories

Notification = list[Told]
Batch = list[Notification]
REAL_DATABASE = settings(
    max_examples=80, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def batches(draw: st.DrawFn, longest: int = 14) -> list[Batch]:
    """A story, cut into notifications at random, and these into transactions at random."""
    cut: list[Batch] = []
    for told in draw(stories(longest=longest)):
        where = draw(st.sampled_from(["same notification", "same transaction", "new transaction"]))
        if not cut or where == "new transaction":
            cut.append([[told]])
        elif where == "same transaction":
            cut[-1].append([told])
        else:
            cut[-1][-1].append(told)
    return cut


def by_fingerprint(story: Sequence[Batch]) -> dict[str, list[Told]]:
    """Each fingerprint's deliveries in order; within one notification the oldest start comes first."""
    found: dict[str, list[Told]] = defaultdict(list)
    for batch in story:
        for notification in batch:
            for told in sorted(notification, key=lambda one: one.start):
                found[told.fingerprint].append(told)
    return found


@pytest.fixture
async def second(database_url: str) -> AsyncIterator[Database]:
    """Another receiver's engine on the same store."""
    store = Database(database_url)
    yield store
    await store.close()


@REAL_DATABASE
@given(batches())
async def test_the_store_knows_what_the_contract_says_whatever_the_batches(
    database: Database, story: list[Batch]
) -> None:
    corner = Corner()
    for batch in story:
        await corner.deliver(database, batch)
    expected = by_fingerprint(story)
    assert await corner.known(database) == {name: known(told) for name, told in expected.items()}
    opening = {
        corner.key(name)
        for name, told in expected.items()
        if any(opens(told[:position], one) for position, one in enumerate(told))
    }
    assert await corner.incidents(database) == sorted(opening, key=str)
    lines = await corner.history(database)
    for name, told in expected.items():
        news = [one for position, one in enumerate(told) if not is_repeat(told[:position], one)]
        assert [one for one in lines if one.fingerprint == name] == news
    assert await unaccounted(database) == 0


@REAL_DATABASE
@given(batches(longest=24))
async def test_two_receivers_at_once_lose_nothing_and_open_one_incident_a_key(
    database: Database, second: Database, story: list[Batch]
) -> None:
    """Each delivers every other transaction of the same story."""
    corner = Corner()

    async def receive(store: Database, half: list[Batch]) -> list[Receipt]:
        return [receipt for batch in half for receipt in await corner.deliver(store, batch)]

    halves = await asyncio.gather(receive(database, story[::2]), receive(second, story[1::2]))
    expected = by_fingerprint(story)
    lines = await corner.history(database)
    repeats = sum(receipt.transitions.get("repeat", 0) for half in halves for receipt in half)
    assert len(lines) + repeats == sum(map(len, expected.values()))
    found = await corner.known(database)
    assert found.keys() == expected.keys()
    for name, told in expected.items():
        assert found[name] == known([one for one in lines if one.fingerprint == name])
        must = known(told)
        assert must is not None
        assert (found[name].start, found[name].end) == (must.start, must.end)
        assert found[name].firing == must.firing or order_counts(told)
    keys = await corner.incidents(database)
    assert len(keys) == len(set(keys))
    assert {corner.key(name) for name, told in expected.items() if any(one.fires for one in told)} >= set(keys)
    assert {corner.key(name) for name, state in found.items() if state.firing} <= set(keys)
    assert await unaccounted(database) == 0


async def test_two_receivers_with_many_keys_at_once_never_wait_for_each_other_for_ever(
    database: Database, second: Database
) -> None:
    """The same 60 transactions of all keys, each receiver with the alerts the other way round."""
    corner = Corner()

    async def receive(store: Database, order: str) -> None:
        for start in range(60):
            await corner.deliver(store, [[Told(name, start, None)] for name in order])

    async with asyncio.timeout(60):
        await asyncio.gather(receive(database, "abcd"), receive(second, "dcba"))
    assert len(await corner.incidents(database)) == 3
    assert {state.start for state in (await corner.known(database)).values()} == {59}
    assert await unaccounted(database) == 0
