"""A platform team's own scripts, and a real process that they deploy."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from steadyhand.clients.deployers.command import CommandRunner
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.profile import CommandDeployer
from steadyhand.stack.ports import free_port

from .machine import Machine
from .world import MANAGED, ORIGINAL, RELEASE, SCHEDULER

SCRIPTS = Path(__file__).parent / "scripts.py"


class CommandWorld:
    """See World."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        program = (sys.executable, "-I", str(SCRIPTS), str(machine.root), str(machine.port))
        self.deployer = CommandRunner(
            CommandDeployer(
                state=(*program, "state"), apply=(*program, "apply"), check=(*program, "check"), timeout_seconds=30
            ),
            managed=MANAGED,
        )

    async def die_at_boot(self, words: str) -> None:
        self.machine.words.write_text(words)

    async def recover(self) -> None:
        self.machine.words.unlink()

    async def changed_by_another(self) -> None:
        state = json.loads((self.machine.root / "wanted.json").read_text())
        changed = {**state["environment"], SCHEDULER: "sequential"}
        await self.deployer.apply(DesiredDeployment(release=state["release"], environment=changed))

    async def unreachable(self) -> None:
        self.machine.away.touch()

    async def rollouts(self) -> int:
        return int(self.machine.known()["rollouts"])


@asynccontextmanager
async def command_world(directory: Path) -> AsyncIterator[CommandWorld]:
    """The target is up."""
    world = CommandWorld(Machine(directory, free_port()))
    try:
        await world.deployer.apply(DesiredDeployment(release=RELEASE, environment=ORIGINAL))
        yield world
    finally:
        world.machine.stop()
