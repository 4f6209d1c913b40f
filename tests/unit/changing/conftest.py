"""The world of these tests."""

from pathlib import Path

import pytest

from steadyhand.domain.incident import Environment
from steadyhand.profile import EnvironmentProfile, Profile
from steadyhand.store.database import Database
from tests.unit.changing.world import Target, World
from tests.unit.made import open_incident, planner_off


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    target = Target(tmp_path)
    production = EnvironmentProfile(deployer=target.start())
    profile = Profile(state_dir=tmp_path / "state", environments={Environment.PRODUCTION: production})
    return World(database, profile, target, planner_off(profile, await open_incident(database)))
