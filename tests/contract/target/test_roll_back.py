"""A rollback counts when the service itself says what it runs (rule 5)."""

import json
import sys

from steadyhand.domain.evidence import Verdict
from steadyhand.domain.incident import Environment
from steadyhand.mitigations.roll_back import MITIGATION
from steadyhand.profile import CommandDeployer, EnvironmentProfile, Profile
from tests.contract.target.cases import case
from tests.contract.target.strange import by_path, reply, strange


async def test_a_deployer_that_says_rolled_back_while_the_old_release_serves_is_not_believed() -> None:
    """M1: the suite of the older release was green before; it alone proves nothing of what runs."""
    state = {"release": "2.7.0", "environment": {}, "healthy": True, "known_good_releases": ["2.7.0"]}
    program = (sys.executable, "-c", f"print({json.dumps(json.dumps(state))})")
    health = by_path({"/api/v1/health": reply(200, '{"status": "ok", "release": "2.8.0"}')})
    async with strange(health) as server:
        environment = EnvironmentProfile(url=server.url, deployer=CommandDeployer(state=program, apply=program))
        asked = case(Profile(environments={Environment.PRODUCTION: environment}))
        measured = await MITIGATION.measure(asked, asked.now)
    assert measured.verdict is Verdict.BAD
    assert measured.summary == "2.7.0 is deployed, but the service says it is 2.8.0"
