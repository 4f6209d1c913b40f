"""A real Alertmanager from Debian, and an incident whose plan was approved."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from steadyhand.profile import Alertmanager, Profile
from steadyhand.stack import monitoring
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group
from steadyhand.store.database import Database
from tests.contract.silences.world import World


@pytest.fixture(scope="package")
async def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Alertmanager]:
    """An Alertmanager whose webhook goes nowhere; alerts are silenced for ten minutes at most."""
    directory, port = tmp_path_factory.mktemp("alerting"), free_port()
    (directory / "token").write_text("t")
    service = monitoring.alertmanager(
        directory / "alertmanager",
        port=port,
        webhook=f"http://{LOOPBACK}:{free_port()}/v1/alertmanager",
        token_file=directory / "token",
    )
    async with Group(restart=False, report=print) as group:
        await group.start(service)
        yield Alertmanager(url=f"http://{LOOPBACK}:{port}", timeout_seconds=3, silence_seconds=600)


@pytest.fixture
async def world(alertmanager: Alertmanager, database: Database, tmp_path: Path) -> World:
    """An incident of a service that no other test has alerts of."""
    profile = Profile(state_dir=tmp_path / "state", alertmanager=alertmanager)
    return await World.begun(database, profile, service=uuid4().hex)
