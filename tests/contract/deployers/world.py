"""What a contract test needs of a target, whatever kind of deployer works on it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from steadyhand.clients.deployers import Deployer

PLANNER = "PLANNING__ENABLED"
SCHEDULER = "SCHEDULING__BACKEND"
MANAGED = (PLANNER, SCHEDULER)
ORIGINAL = {PLANNER: "true", SCHEDULER: "asyncio"}
RELEASE = "2.7.0"
EARLIER = "2.6.4"
SECRET = "the-targets-own-secret"
"""Every target holds it in a variable of its own; nothing of ours may show it."""


class World(Protocol):
    """A target at release 2.7.0 with the variables above, healthy; 2.6.4 is known to be good."""

    @property
    def deployer(self) -> Deployer:
        """What works on it."""

    async def die_at_boot(self, words: str) -> None:
        """From now on whatever is newly deployed dies at boot, saying these words."""

    async def recover(self) -> None:
        """New deployments come up again."""

    async def changed_by_another(self) -> None:
        """Somebody else has set SCHEDULING__BACKEND=sequential on the target."""

    async def unreachable(self) -> None:
        """The target's control plane does not answer any more."""

    async def rollouts(self) -> int:
        """How often the target was really changed since the start."""


MakeWorld = Callable[[Path], AbstractAsyncContextManager[World]]
