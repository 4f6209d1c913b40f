"""10,000 alerts at once for three keys: three incidents, bounded memory, no loss (T1; rules 2 and 6).

The receiver is a process of its own; it holds at most `MOST_MEMORY_MB` resident, however the alerts come.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from steadyhand.store.counts import Counts, count
from steadyhand.store.database import Database
from steadyhand.store.tables import alerts, incidents, timeline
from tests.contract.intake.bodies import Body, notice, told
from tests.contract.intake.keeping import kept
from tests.contract.intake.process import Crowd, receiver

ALERTS = 10_000
CONNECTIONS = 64
MOST_MEMORY_MB = 300
KEYS = (("production", "orchestrator"), ("production", "memory"), ("staging", "orchestrator"))


@dataclass(frozen=True)
class Storm:
    """How the alerts come, and what the receiver's profile says of its bounds."""

    name: str
    in_a_body: int
    intake: str = ""
    comes_again: bool = False

    def bodies(self) -> list[bytes]:
        """All of them."""
        storm = [alert(number) for number in range(ALERTS)]
        starts = range(0, ALERTS, self.in_a_body)
        return [json.dumps(notice(*storm[start : start + self.in_a_body])).encode() for start in starts]


def alert(number: int) -> Body:
    """One of many, of one of the three keys."""
    environment, service = KEYS[number % len(KEYS)]
    return told("TaskFailureRatioHigh", service=service, environment=environment, instance=f"worker-{number}")


async def kept_alerts(database: Database) -> tuple[Counts, int, int]:
    """The store's numbers, how many alerts it knows to fire, and how many lines its timelines have."""
    async with database.transaction() as connection:
        numbers = await count(connection)
        firing = select(func.count()).select_from(alerts).where(alerts.c.status == "firing")
        lines = select(func.count()).select_from(timeline)
        return (
            numbers,
            (await connection.execute(firing)).scalar_one(),
            (await connection.execute(lines)).scalar_one(),
        )


async def opened(database: Database) -> list[tuple[str, str]]:
    """The keys of all incidents, one for each."""
    async with database.transaction() as connection:
        rows = await connection.execute(select(incidents.c.environment, incidents.c.service))
        return sorted(tuple(row) for row in rows)


@pytest.mark.parametrize(
    "storm",
    [
        Storm("one by one", 1),
        Storm("in bodies of 500", 500),
        Storm("in bodies of 500, past the bounds", 500, intake="max_waiting = 2", comes_again=True),
    ],
    ids=lambda storm: storm.name,
)
async def test_a_storm_is_three_incidents_bounded_memory_and_no_loss(
    database: Database, database_url: str, tmp_path: Path, storm: Storm, figures: list[str]
) -> None:
    """What is past the bounds gets a 503, comes again, and is taken then."""
    bodies = storm.bodies()
    async with receiver(tmp_path, database_url, storm.intake) as running:
        crowd = Crowd(running.port, bodies)
        began = time.monotonic()
        await crowd.send(connections=CONNECTIONS)
        seconds = time.monotonic() - began
    numbers, firing, lines = await kept_alerts(database)
    figures.append(
        f"{ALERTS} alerts {storm.name}: {seconds:.1f} s, at most {running.most_memory:.0f} MB, "
        f"{crowd.answers[503]} answers of 503, {lines} lines on the timelines"
    )
    assert await opened(database) == sorted(KEYS)
    assert (firing, numbers.processed_alerts, numbers.stored_notifications) == (ALERTS, ALERTS, len(bodies))
    assert numbers.unaccounted == 0
    assert sorted(await kept(database)) == sorted(bodies)
    assert lines <= ALERTS / 4
    assert 0 < running.most_memory < MOST_MEMORY_MB
    assert (crowd.answers[503] > 0) == storm.comes_again
