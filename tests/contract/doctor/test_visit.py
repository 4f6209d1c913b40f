"""The scheduled visit under a real Prefect server: it tells of drift once when it comes and once when it goes."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from steadyhand.stack.ports import LOOPBACK, free_port
from tests.contract.target.strange import by_path, reply, strange

ROOT = Path(__file__).parents[3]
HEALTHY = by_path({"/api/v1/health": reply(200, '{"status": "ok"}')})
HOSTILE = by_path(
    {
        "/openapi.json": reply(
            200, json.dumps({"openapi": "3.0.0", "paths": {"/health|<b>[x](http://e.test)": {"get": {}}}})
        )
    }
)


@dataclass(frozen=True)
class Visited:
    """What several visits came to."""

    states: list[str]
    pages: list[str]
    messages: list[str]


async def visited(root: Path, *visits: tuple[str, str]) -> Visited:
    """One visit for each (orchestrator, chat); everything else the profile names is away."""
    nowhere = f"http://{LOOPBACK}:{free_port()}"
    (root / "steadyhand.toml").write_text(
        f'state_dir = "{root / "state"}"\nprometheus.url = "{nowhere}"\nalertmanager.url = "{nowhere}"\n'
        'chat.channels."#ops-orchestrator" = [{ env = "TEST_CHAT" }]\n'
    )
    variables = [
        {"STEADYHAND_ENVIRONMENTS__PRODUCTION__URL": url, "TEST_CHAT": chat.replace("http://", "json://")}
        for url, chat in visits
    ]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.contract.doctor.visiting", json.dumps(variables)),
        cwd=ROOT,
        env={**os.environ, "STEADYHAND_PROFILE": str(root / "steadyhand.toml"), "HOME": str(root)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()[-3000:]
    kept = (root / "state/chat.jsonl").read_text().splitlines()
    return Visited(**json.loads(said), messages=[json.loads(line)["text"] for line in kept])


@pytest.fixture(scope="module")
async def week(tmp_path_factory: pytest.TempPathFactory) -> Visited:
    """The health route is elsewhere, and a visit finds a dead chat; two find a living one; then the route is back."""
    async with (
        strange(reply(500, "")) as dead,
        strange(reply(200, "{}")) as chat,
        strange(HOSTILE) as ill,
        strange(HEALTHY) as well,
    ):
        found = await visited(
            tmp_path_factory.mktemp("visits"),
            *(
                (ill.url, dead.url),
                (ill.url, chat.url),
                (ill.url, chat.url),
                (well.url, chat.url),
                (well.url, chat.url),
            ),
        )
        assert len(dead.asked) == 3
        assert len(chat.asked) == 2
    return found


async def test_drift_is_told_when_it_comes_and_when_it_goes_and_never_twice(week: Visited) -> None:
    """What a dead chat did not take, after every retry, fails nothing and is told at the next visit (rule 7)."""
    *refused, came, went = week.messages
    assert set(refused) == {came}
    assert "+ F4 routes: health (production): " in came
    assert "+ P2 tokens: approvers (production): nobody may say yes here" in came
    assert "- F4 routes: health (production): is as the runbook says again" in went
    assert week.states == ["drift"] * 5


async def test_every_visit_leaves_a_table_in_which_hostile_names_are_text(week: Visited) -> None:
    """Rule 8."""
    assert len(week.pages) == 5
    for page in week.pages:
        assert page.startswith("**drift**")
        assert "<b>" not in page
        assert "](http" not in page
        assert {row.replace("\\|", "").count("|") for row in page.splitlines()[2:]} == {8}
