"""Two receivers on one database, each fed by an Alertmanager of its own (T1; rules 2 and 6)."""

import asyncio
from collections import Counter
from pathlib import Path

from steadyhand.store.database import Database
from tests.contract.intake.bodies import MULTI, PARTIAL, RESOLVED, SINGLE, Body, captured, notice, told
from tests.contract.intake.receiving import Intaking, profile_for, serving


async def test_both_get_every_notification_of_a_pair_at_the_same_time(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Each alert changes once, whoever is first; all copies are kept."""
    profile = profile_for(tmp_path, database_url)
    bodies = [body for name in (SINGLE, MULTI, PARTIAL, RESOLVED) for body in captured(name)]
    meant: Counter[str] = Counter()
    async with serving(profile) as one, serving(profile) as two:
        pair = [Intaking(client, database, profile) for client in (one, two)]
        for body in bodies:
            for (transitions,) in await asyncio.gather(*(each.meant(body) for each in pair)):
                meant.update(transitions)
        assert await pair[0].firing() == []
        assert len(await pair[0].bodies()) == 2 * len(bodies)
        assert (await pair[0].counts()).quarantined_alerts == 0
    assert (meant["fires"], meant["resolved"]) == (4, 4)
    assert set(meant) == {"fires", "resolved", "repeat"}


async def test_interleaved_halves_of_a_stream_lose_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """120 alerts of four keys, every other one to each receiver, all at once."""
    profile = profile_for(tmp_path, database_url)
    stream: list[Body] = [notice(told(f"A{n}", service=f"service-{n % 4}")) for n in range(120)]
    async with serving(profile) as one, serving(profile) as two:
        pair = [Intaking(client, database, profile) for client in (one, two)]
        await asyncio.gather(*(pair[n % 2].meant(body) for n, body in enumerate(stream)))
        assert sorted(i.service for i in await pair[0].incidents()) == [f"service-{n}" for n in range(4)]
        counts = await pair[0].counts()
        assert (counts.stored_notifications, counts.processed_alerts) == (120, 120)
