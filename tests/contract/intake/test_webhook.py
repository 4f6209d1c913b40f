"""The receiver on a real database, fed with what real Alertmanagers sent (T1; Alertmanager notes; rules 2, 6, 8)."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from steadyhand.domain.incident import Environment, Incident, Severity
from steadyhand.errors import ConfigurationError
from steadyhand.profile import Intake, Profile, Receiver, SecretRef
from steadyhand.receiver.app import create_app
from steadyhand.store import incidents, timeline
from steadyhand.store.database import Database
from steadyhand.store.inbox import alerts_of
from steadyhand.store.tables import notifications, quarantine

CAPTURES = Path(__file__).parent / "captures"
TOKEN = "s3cret-token"
MAX_BODY = 20_000
SINGLE, MULTI = "01_firing_single_am033", "02_firing_multi_am033"
PARTIAL, RESOLVED = "03_partial_resolved_am033", "05_resolved_all_am033"
Body = dict[str, Any]


def captured(name: str) -> list[str]:
    """The exact bodies of a capture, in order."""
    requests = json.loads((CAPTURES / f"{name}.json").read_text())["requests"]
    return [request["body"] for request in requests]


def single() -> Body:
    """One firing alert, to be changed."""
    body: Body = json.loads(captured(SINGLE)[0])
    return body


@dataclass(frozen=True)
class Intaking:
    """A receiver, and the store behind it."""

    client: httpx.AsyncClient
    database: Database

    async def post(self, body: str | bytes | Body, token: str | None = TOKEN) -> httpx.Response:
        """Delivered as Alertmanager does."""
        content = json.dumps(body) if isinstance(body, dict) else body
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return await self.client.post("/v1/alertmanager", content=content, headers=headers)

    async def replay(self, *names: str) -> None:
        """Every delivery of these captures, each acknowledged."""
        for name in names:
            for body in captured(name):
                assert (await self.post(body)).status_code == 200

    async def incidents(self) -> tuple[Incident, ...]:
        """What is open."""
        async with self.database.transaction() as connection:
            return await incidents.listed(connection, open_only=True)

    async def told(self) -> list[str]:
        """The timeline of the one open incident."""
        (incident,) = await self.incidents()
        async with self.database.transaction() as connection:
            return [line.summary for _, line in await timeline.read(connection, incident.id)]

    async def firing(self) -> list[str]:
        """The names of the one incident's alerts that fire, sorted."""
        (incident,) = await self.incidents()
        async with self.database.transaction() as connection:
            return sorted(a.name for a in await alerts_of(connection, incident.id) if a.status == "firing")

    async def quarantined(self) -> list[str]:
        """The reasons, oldest first."""
        async with self.database.transaction() as connection:
            return list((await connection.execute(select(quarantine.c.reason).order_by(quarantine.c.id))).scalars())

    async def bodies(self) -> list[bytes]:
        """The raw bodies kept, oldest first."""
        kept = select(notifications.c.body).order_by(notifications.c.id)
        async with self.database.transaction() as connection:
            return list((await connection.execute(kept)).scalars())

    async def metric(self, line: str) -> float:
        """A sample of /metrics; 0 when it is not there yet."""
        text = (await self.client.get("/metrics")).text
        return next((float(x.rsplit(" ", 1)[1]) for x in text.splitlines() if x.startswith(line + " ")), 0.0)


@asynccontextmanager
async def serving(directory: Path, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a receiver on this database."""
    (directory / "token").write_text(TOKEN)
    (directory / "database").write_text(database_url)
    profile = Profile(
        state_dir=directory / "state",
        database_url=SecretRef(file=directory / "database"),
        receiver=Receiver(token=SecretRef(file=directory / "token")),
        intake=Intake(max_body_bytes=MAX_BODY),
    )
    app = create_app(profile)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://receiver") as client,
    ):
        yield client


@pytest.fixture
async def intake(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Intaking]:
    async with serving(tmp_path, database_url) as client:
        yield Intaking(client, database)


@pytest.fixture
async def cut_off(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A receiver whose database's address has nobody behind it."""
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        url = f"postgresql+asyncpg://postgres@127.0.0.1:{dead.getsockname()[1]}/gone"
        async with serving(tmp_path, url) as client:
            yield client


async def test_a_first_firing_opens_an_incident(intake: Intaking) -> None:
    """T1, F1, F2."""
    await intake.replay(SINGLE)
    (incident,) = await intake.incidents()
    assert (incident.environment, incident.service) == (Environment.PRODUCTION, "planner")
    assert (incident.severity, incident.channel) == (Severity.CRITICAL, "#ops-memory")
    assert incident.started_at.isoformat() == "2026-11-23T03:08:17.847000+00:00"
    assert incident.description == "Planner contract failures spiking for planner in production"


async def test_the_raw_body_is_kept_to_the_byte(intake: Intaking) -> None:
    """Rule 2."""
    await intake.replay(SINGLE)
    assert await intake.bodies() == [captured(SINGLE)[0].encode()]


async def test_an_incident_is_followed_through_its_whole_life_as_one(intake: Intaking) -> None:
    """Rule 6: what joins, resolves and repeats stays one incident per environment and service."""
    await intake.replay(SINGLE)
    assert await intake.firing() == ["PlannerContractFailureSpike"]
    await intake.replay(MULTI)
    assert len(await intake.firing()) == 4
    await intake.replay(PARTIAL)
    assert await intake.firing() == ["ToolLatencyHigh"]
    await intake.replay(RESOLVED)
    assert await intake.firing() == []
    assert len(await intake.incidents()) == 1


async def test_environments_and_services_have_incidents_of_their_own(intake: Intaking) -> None:
    await intake.replay(SINGLE, "06_missing_severity_staging_am033")
    keys = {(i.environment, i.service) for i in await intake.incidents()}
    assert keys == {(Environment.PRODUCTION, "planner"), (Environment.STAGING, "memory")}


@pytest.mark.parametrize("name", [SINGLE, MULTI, PARTIAL])
async def test_a_repeat_is_kept_and_adds_no_line_to_the_timeline(intake: Intaking, name: str) -> None:
    await intake.replay(name)
    told = await intake.told()
    last = captured(name)[-1]
    answer = (await intake.post(last)).json()
    assert set(answer["transitions"]) == {"repeat"}
    assert await intake.told() == told
    assert (await intake.bodies())[-1] == last.encode()


async def test_duplicates_of_a_second_alertmanager_are_repeats(intake: Intaking) -> None:
    first, copy, resolved, copy_of_resolved = captured("17_ha_duplicate_split_brain_am033")
    await intake.post(first)
    told = await intake.told()
    await intake.post(copy)
    assert await intake.told() == told
    await intake.post(resolved)
    told = await intake.told()
    assert told[-1] == "HA resolved"
    await intake.post(copy_of_resolved)
    assert await intake.told() == told


async def test_resolves_alone_open_nothing(intake: Intaking) -> None:
    answer = (await intake.post(captured(RESOLVED)[0])).json()
    assert answer["transitions"] == {"resolved, never seen firing": 4}
    assert await intake.incidents() == ()


async def test_a_resolve_never_seen_firing_is_noted_in_the_open_incident(intake: Intaking) -> None:
    await intake.replay("23_resolved_never_seen_firing")
    assert (await intake.told())[1:] == ["K fires", "Z resolved, never seen firing"]
    assert await intake.firing() == ["K"]


async def test_a_flap_without_a_resolve_of_its_first_start_ends_resolved(intake: Intaking) -> None:
    await intake.replay("24_flap_startsAt_changes")
    assert (await intake.told())[1:] == ["F fires", "F resolved"]
    assert await intake.firing() == []


async def test_firing_again_after_a_resolve_with_the_same_start_is_not_lost(intake: Intaking) -> None:
    """Contract 4: a genuine re-fire can be byte-identical to the first firing."""
    await intake.replay(SINGLE, RESOLVED)
    answer = (await intake.post(captured(SINGLE)[0])).json()
    assert answer["transitions"] == {"fires again": 1}
    assert await intake.firing() == ["PlannerContractFailureSpike"]


async def test_the_status_at_the_top_decides_nothing(intake: Intaking) -> None:
    """With truncation or a silence it says resolved while alerts fire."""
    await intake.post(single() | {"status": "resolved", "truncatedAlerts": 7})
    assert await intake.firing() == ["PlannerContractFailureSpike"]


async def test_a_missing_severity_is_a_warning(intake: Intaking) -> None:
    await intake.replay("06_missing_severity_staging_am033")
    (incident,) = await intake.incidents()
    assert incident.severity is Severity.WARNING


async def test_missing_labels_are_defaulted(intake: Intaking) -> None:
    body = single()
    body["alerts"][0] |= {"labels": {}, "annotations": {}}
    assert (await intake.post(body)).status_code == 200
    (incident,) = await intake.incidents()
    assert (incident.environment, incident.service, incident.team) == ("production", "orchestrator", "ops-orchestrator")
    assert incident.description == "(unnamed alert)"


async def test_two_posts_of_the_same_first_firing_at_once_open_one_incident(intake: Intaking) -> None:
    """Rule 6, and both are acknowledged."""
    answers = await asyncio.gather(*(intake.post(captured(SINGLE)[0]) for _ in range(6)))
    assert [a.status_code for a in answers] == [200] * 6
    assert len(await intake.incidents()) == 1
    assert len(await intake.told()) == 2


async def test_different_alerts_of_one_key_at_once_join_one_incident(intake: Intaking) -> None:
    bodies = []
    for n in range(6):
        body = single()
        body["alerts"][0]["fingerprint"] = f"{n:016x}"
        bodies.append(body)
    answers = await asyncio.gather(*map(intake.post, bodies))
    assert {a.status_code for a in answers} == {200}
    assert len(await intake.firing()) == 6


@pytest.mark.parametrize("body", [b"", b"{", b"receiver=x", b"\xff\xfe\x00", b"[" * 10_000])
async def test_what_is_not_json_is_a_400_and_leaves_nothing(intake: Intaking, body: bytes) -> None:
    assert (await intake.post(body)).status_code == 400
    assert await intake.bodies() == []


@pytest.mark.parametrize("body", ['{"version": "3"}', "[]", "null", '{"version": "4", "alerts": [{}]}'])
async def test_json_that_is_no_webhook_is_quarantined_and_counted(intake: Intaking, body: str) -> None:
    """Contract 2: it can never succeed, so it is kept and acknowledged."""
    counted = 'steadyhand_notifications_total{result="quarantined"}'
    before = await intake.metric(counted)
    answer = await intake.post(body)
    assert (answer.status_code, answer.json()["quarantined"]) == (200, 1)
    assert await intake.metric(counted) == before + 1
    assert await intake.metric("steadyhand_quarantined_alerts") == 1
    (reason,) = await intake.quarantined()
    assert "not as an Alertmanager of version 4 sends it" in reason
    assert await intake.bodies() == [body.encode()]


async def test_no_alerts_open_nothing(intake: Intaking) -> None:
    assert (await intake.post(single() | {"alerts": []})).status_code == 200
    assert await intake.incidents() == ()


async def test_an_alert_of_an_unknown_environment_is_quarantined_and_its_siblings_are_not(intake: Intaking) -> None:
    body: Body = json.loads(captured(MULTI)[0])
    body["alerts"][1]["labels"]["environment"] = "qa"
    answer = await intake.post(body)
    assert (answer.status_code, answer.json()["quarantined"]) == (200, 1)
    assert len(await intake.firing()) == 2
    (reason,) = await intake.quarantined()
    assert "unknown environment 'qa'" in reason


@pytest.mark.parametrize("token", [None, "wrong", "", TOKEN + "x", TOKEN[:-1]])
async def test_without_the_token_nothing_is_taken(intake: Intaking, token: str | None) -> None:
    assert (await intake.post(captured(SINGLE)[0], token)).status_code == 401
    assert await intake.bodies() == []


async def test_a_body_over_the_limit_is_a_413(intake: Intaking) -> None:
    body = single()
    body["alerts"][0]["annotations"]["summary"] = "x" * MAX_BODY
    assert (await intake.post(body)).status_code == 413
    assert await intake.bodies() == []


async def test_a_nul_in_a_label_is_stored_as_a_replacement(intake: Intaking) -> None:
    """Postgres refuses NUL in text; the raw body keeps it."""
    body = single()
    body["alerts"][0]["labels"] |= {"alertname": "a\0b", "x\0": "\0"}
    body["alerts"][0]["annotations"]["summary"] = "\0\u2028<script>"
    assert (await intake.post(body)).status_code == 200
    assert await intake.firing() == ["a\N{REPLACEMENT CHARACTER}b"]
    assert json.loads((await intake.bodies())[0]) == body


async def test_nine_fractional_digits_are_understood(intake: Intaking) -> None:
    body = single()
    body["alerts"][0]["startsAt"] = "2026-11-23T03:08:17.847123456Z"
    assert (await intake.post(body)).status_code == 200
    (incident,) = await intake.incidents()
    assert incident.started_at.isoformat() == "2026-11-23T03:08:17.847123+00:00"
    assert set((await intake.post(body)).json()["transitions"]) == {"repeat"}


async def test_without_its_database_the_receiver_asks_to_come_again(cut_off: httpx.AsyncClient) -> None:
    """Rule 2, contract 2: never a 2xx for what is not committed, and 503 so that Alertmanager retries."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert (await cut_off.post("/v1/alertmanager", content=captured(SINGLE)[0], headers=headers)).status_code == 503
    assert (await cut_off.get("/readyz")).status_code == 503
    assert (await cut_off.get("/metrics")).status_code == 503
    assert (await cut_off.get("/healthz")).status_code == 200


async def test_the_webhook_only_takes_posts(intake: Intaking) -> None:
    assert (await intake.client.get("/v1/alertmanager")).status_code == 405


async def test_health_readiness_and_metrics_answer(intake: Intaking) -> None:
    await intake.replay(SINGLE)
    assert (await intake.client.get("/healthz")).json() == {"status": "ok"}
    assert (await intake.client.get("/readyz")).json() == {"status": "ready"}
    assert await intake.metric("steadyhand_open_incidents") == 1
    assert await intake.metric("steadyhand_incidents_without_run") == 1
    assert await intake.metric("steadyhand_stored_notifications") == 1


def test_without_a_token_the_receiver_does_not_start(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "database").write_text(database_url)
    profile = Profile(state_dir=tmp_path, database_url=SecretRef(file=tmp_path / "database"))
    with pytest.raises(ConfigurationError, match="does not start without one"):
        create_app(profile)


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_start_at_the_edge_of_time_is_quarantined_not_retried_forever(intake: Intaking, start: str) -> None:
    body = single()
    body["alerts"][0]["startsAt"] = start
    assert (await intake.post(body)).status_code == 200


async def test_a_nul_in_the_name_of_a_bad_label_is_quarantined(intake: Intaking) -> None:
    body = single()
    body["alerts"][0]["labels"]["a\0b"] = 5
    assert (await intake.post(body)).status_code == 200


async def test_one_malformed_alert_does_not_take_its_siblings_with_it(intake: Intaking) -> None:
    body = single()
    body["alerts"].append({"status": "firing"})
    assert (await intake.post(body)).status_code == 200
    assert await intake.firing() == ["PlannerContractFailureSpike"]


async def test_a_lone_surrogate(intake: Intaking) -> None:
    body = single()
    body["alerts"][0]["labels"]["x"] = "\ud800"
    assert (await intake.post(body)).status_code == 200
