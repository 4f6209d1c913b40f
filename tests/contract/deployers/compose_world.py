"""A compose project: real files, read by the real docker-compose, on an engine that is played."""

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from steadyhand.clients.deployers.compose import ComposeProject
from steadyhand.clients.deployers.compose_cli import ComposeCli
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.profile import ComposeDeployer
from steadyhand.stack.ports import LOOPBACK, free_port

from .machine import Machine
from .world import EARLIER, MANAGED, ORIGINAL, RELEASE, SCHEDULER, SECRET

DOCKER = Path(__file__).parent / "docker.py"
COMPOSE_FILE = """\
services:
  orchestrator:
    image: registry.example:5000/orchestrator:${ORCHESTRATOR_RELEASE:?no release is set}
    environment:
      API_TOKEN: ${API_TOKEN}
      PLANNING__ENABLED: ${PLANNING__ENABLED:-}
      SCHEDULING__BACKEND: ${SCHEDULING__BACKEND:-}
"""
ENV_FILE = f"""\
# who changes this file tells #platform
export API_TOKEN='{SECRET}'
ORCHESTRATOR_RELEASE={RELEASE}   # the image's tag

PLANNING__ENABLED="true"
SCHEDULING__BACKEND=asyncio
"""


def the_compose_program() -> str:
    """Its path. The tests fail without it: what compose makes of a file, only compose can say."""
    found = shutil.which("docker-compose")
    assert found, "these tests need docker-compose: run `make system`, or `apt-get install -y docker-compose`"
    return found


class ComposeWorld:
    """See World."""

    def __init__(self, machine: Machine, *, timeout_seconds: float = 30) -> None:
        the_compose_program()
        self.machine = machine
        self.file, self.env_file = machine.root / "compose.yml", machine.root / "orchestrator.env"
        self.file.write_text(COMPOSE_FILE)
        self.env_file.write_text(ENV_FILE)
        self.settings = ComposeDeployer(
            command=(sys.executable, str(DOCKER), str(machine.root), str(machine.port), "compose"),
            file=self.file,
            env_file=self.env_file,
            known_good_releases=(RELEASE, EARLIER),
            timeout_seconds=timeout_seconds,
        )
        health = f"http://{LOOPBACK}:{machine.port}/api/v1/health"
        self.deployer = ComposeProject(self.settings, managed=MANAGED, health_url=health)

    async def die_at_boot(self, words: str) -> None:
        self.machine.words.write_text(words)

    async def recover(self) -> None:
        self.machine.words.unlink()

    async def changed_by_another(self) -> None:
        changed = self.env_file.read_text().replace(f"{SCHEDULER}=asyncio", f"{SCHEDULER}=sequential")
        self.env_file.write_text(changed)
        ended = await ComposeCli(self.settings, MANAGED).up(30)
        assert ended.code == 0, ended.complaint

    async def unreachable(self) -> None:
        self.machine.away.touch()

    async def rollouts(self) -> int:
        return int(self.machine.known()["rollouts"])


@asynccontextmanager
async def compose_world(directory: Path) -> AsyncIterator[ComposeWorld]:
    """The target is up."""
    world = ComposeWorld(Machine(directory, free_port()))
    try:
        await world.deployer.apply(DesiredDeployment(release=RELEASE, environment=ORIGINAL))
        yield world
    finally:
        world.machine.stop()
