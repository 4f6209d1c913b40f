"""What the receiver answers, apart from what a body says (T1; rule 2)."""

from pathlib import Path

import httpx
import pytest

from steadyhand.errors import ConfigurationError
from steadyhand.profile import Profile, SecretRef
from steadyhand.receiver.app import create_app
from tests.contract.intake.bodies import SINGLE, captured
from tests.contract.intake.receiving import TOKEN, Intaking


@pytest.mark.parametrize("token", [None, "wrong", "", TOKEN + "x", TOKEN[:-1]])
async def test_without_the_token_nothing_is_taken(intake: Intaking, token: str | None) -> None:
    assert (await intake.post(captured(SINGLE)[0], token)).status_code == 401
    assert await intake.bodies() == []


def test_without_a_token_the_receiver_does_not_start(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "database").write_text(database_url)
    profile = Profile(state_dir=tmp_path, database_url=SecretRef(file=tmp_path / "database"))
    with pytest.raises(ConfigurationError, match="does not start without one"):
        create_app(profile)


async def test_the_webhook_only_takes_posts(intake: Intaking) -> None:
    assert (await intake.client.get("/v1/alertmanager")).status_code == 405


async def test_health_readiness_and_metrics_answer(intake: Intaking) -> None:
    await intake.replay(SINGLE)
    assert (await intake.client.get("/healthz")).json() == {"status": "ok"}
    assert (await intake.client.get("/readyz")).json() == {"status": "ready"}
    assert await intake.metric("steadyhand_open_incidents") == 1
    assert await intake.metric("steadyhand_incidents_without_run") == 1
    assert await intake.metric("steadyhand_stored_notifications") == 1


async def test_without_its_database_the_receiver_asks_to_come_again(cut_off: httpx.AsyncClient) -> None:
    """Rule 2, contract 2: never a 2xx for what is not committed, and 503 so that Alertmanager retries."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert (await cut_off.post("/v1/alertmanager", content=captured(SINGLE)[0], headers=headers)).status_code == 503
    assert (await cut_off.get("/readyz")).status_code == 503
    assert (await cut_off.get("/metrics")).status_code == 503
    assert (await cut_off.get("/healthz")).status_code == 200
