"""`steadyhand inbox` and `incident alerts`, as an on-call engineer runs them (T1, rule 2)."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from steadyhand.domain.record import utc_now
from steadyhand.intake.again import house_of
from steadyhand.intake.judging import judge
from steadyhand.profile import Profile
from steadyhand.store import incidents
from steadyhand.store.database import Database
from steadyhand.store.inbox import Delivery, deliver

BODY = json.dumps(
    {
        "version": "4",
        "groupKey": "g",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": name, "environment": environment, "service": "orchestrator"},
                "annotations": {},
                "startsAt": "2026-11-23T03:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "fingerprint": fingerprint,
            }
            for name, environment, fingerprint in (("Slow[bold]", "prod", "a1"), ("TaskCompletionLow", "staging", "a2"))
        ],
    }
).encode()
CORRECTED = '[intake]\nenvironment_names = { prod = "production" }\n'


@pytest.fixture
def profile_file(tmp_path: Path, database_url: str) -> Path:
    (tmp_path / "database").write_text(database_url)
    path = tmp_path / "steadyhand.toml"
    path.write_text(f'state_dir = "{tmp_path}/state"\ndatabase_url = {{ file = "{tmp_path}/database" }}\n')
    return path


@pytest.fixture
async def half_taken(database: Database, profile: Profile) -> Database:
    """A store that took a notification of which one alert has no place."""
    judgement = judge(BODY, profile)
    one = Delivery(body=BODY, sender="10.0.0.1 am", at=utc_now(), placed=judgement.alerts, refused=judgement.refused)
    async with database.transaction() as connection:
        await deliver(connection, [one], house_of(profile))
    return database


@dataclass(frozen=True)
class Done:
    """How the command ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode()


async def steadyhand(profile_file: Path, *arguments: str) -> Done:
    """The command as a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "steadyhand",
        *arguments,
        env={**os.environ, "COLUMNS": "200", "STEADYHAND_PROFILE": str(profile_file)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Done(code=process.returncode or 0, out=out, err=err)


async def counted(profile_file: Path) -> dict[str, int]:
    done = await steadyhand(profile_file, "inbox", "status", "--json")
    assert done.code == 0, done.err
    found: dict[str, int] = json.loads(done.text)
    return found


async def test_the_status_accounts_for_every_alert(profile_file: Path, half_taken: Database) -> None:  # noqa: ARG001
    counts = await counted(profile_file)
    assert (counts["stored_alerts"], counts["processed_alerts"], counts["quarantined_alerts"]) == (2, 1, 1)
    assert counts["unaccounted"] == 0
    told = await steadyhand(profile_file, "inbox", "status")
    assert "Alerts unaccounted for." in told.text


async def test_the_quarantine_is_listed_and_shown_to_the_byte(profile_file: Path, half_taken: Database) -> None:  # noqa: ARG001
    listed = await steadyhand(profile_file, "inbox", "quarantine")
    assert "unknown environment 'prod'" in listed.text
    (row,) = json.loads((await steadyhand(profile_file, "inbox", "quarantine", "--json")).text)
    assert (row["position"], row["fingerprint"]) == (0, "a1")
    shown = await steadyhand(profile_file, "inbox", "show", str(row["id"]), "--raw")
    assert shown.out == BODY


async def test_a_replay_under_the_corrected_profile_opens_the_incident_once(
    profile_file: Path, half_taken: Database
) -> None:
    again = await steadyhand(profile_file, "inbox", "replay", "1")
    assert again.code == 1
    assert "still in quarantine" in again.text
    profile_file.write_text(profile_file.read_text() + CORRECTED)
    for _ in range(2):
        done = await steadyhand(profile_file, "inbox", "replay", "1")
        assert (done.code, done.text) == (0, "1: processed\n")
    async with half_taken.transaction() as connection:
        opened = await incidents.listed(connection)
    assert sorted(i.environment for i in opened) == ["production", "staging"]
    counts = await counted(profile_file)
    assert (counts["processed_alerts"], counts["quarantined_alerts"], counts["unaccounted"]) == (2, 0, 0)


async def test_what_is_discarded_waits_for_nobody_and_is_still_accounted_for(
    profile_file: Path,
    half_taken: Database,  # noqa: ARG001
) -> None:
    done = await steadyhand(profile_file, "inbox", "discard", "1", "--as", "ada", "--reason", "a test cluster's")
    assert done.code == 0
    counts = await counted(profile_file)
    assert (counts["quarantined_alerts"], counts["quarantine_waiting"], counts["unaccounted"]) == (1, 0, 0)
    listed = await steadyhand(profile_file, "inbox", "quarantine", "--all")
    assert "discarded by ada: a test cluster's" in listed.text


async def test_a_number_that_is_not_there_is_said_so(profile_file: Path, database: Database) -> None:  # noqa: ARG001
    done = await steadyhand(profile_file, "inbox", "show", "7")
    assert done.code == 2
    assert "there is no 7 in quarantine" in done.err.decode()


async def test_an_incidents_alerts_and_their_history_are_shown(profile_file: Path, half_taken: Database) -> None:
    profile_file.write_text(profile_file.read_text() + CORRECTED)
    await steadyhand(profile_file, "inbox", "replay", "1")
    async with half_taken.transaction() as connection:
        production = next(i for i in await incidents.listed(connection) if i.environment == "production")
    shown = await steadyhand(profile_file, "incident", "alerts", production.short_id)
    assert shown.code == 0, shown.err
    assert "Slow[bold]" in shown.text
    parts = json.loads((await steadyhand(profile_file, "incident", "alerts", production.short_id, "--json")).text)
    assert [alert["fingerprint"] for alert in parts["alerts"]] == ["a1"]
    assert [(line["transition"], line["sender"]) for line in parts["history"]] == [("fires", "10.0.0.1 am")]
