"""A small run of the chaos suite: every kill point, real parts, real SIGKILLs (rules 2 and 6, T1)."""

from pathlib import Path

import pytest

from tests.chaos.points import POINTS
from tests.chaos.run import chaos

_KILLS = 15
_SEED = 4


@pytest.mark.timeout(600)
async def test_what_is_killed_loses_nothing_and_opens_and_starts_nothing_twice(tmp_path: Path) -> None:
    """Receivers, dispatchers, worker, Prefect server and Postgres die while alerts stream in; every promise is kept."""
    found = await chaos(tmp_path, kills=_KILLS, seed=_SEED, report=print)
    print(found.as_text())  # noqa: T201 - the table is for whoever looks into a failure
    assert found.breaches == ()
    assert found.kills == _KILLS
    assert found.points.keys() == {point.name for point in POINTS}
    assert found.acknowledged > _KILLS
    assert found.incidents == found.runs > 0
