"""A deployer that changes nothing."""

from steadyhand.clients.deployers.deployer import Deployer
from steadyhand.domain.deployment import Deployment, DesiredDeployment


class DryRun:
    """From the first change on it pretends: what it was asked for is in `asked`, after what was pretended before."""

    def __init__(self, real: Deployer, *pretended: DesiredDeployment) -> None:
        self._real = real
        self.asked: list[DesiredDeployment] = list(pretended)

    async def state(self) -> Deployment:
        """The real state, under what was asked for last."""
        real = await self._real.state()
        return real.model_copy(update=dict(self.asked[-1])) if self.asked else real

    async def apply(self, desired: DesiredDeployment) -> None:
        """Nothing has changed."""
        self.asked.append(desired)

    async def check(self, desired: DesiredDeployment) -> bool:
        """What the real one says."""
        return await self._real.check(desired)
