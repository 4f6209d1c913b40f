"""Applying and undoing, the same way for every mitigation: read, change only what differs, read again (rule 3)."""

from steadyhand.clients.deployers import Deployer
from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.errors import ChangeRefused


async def apply(deployer: Deployer, *, before: DesiredDeployment, after: DesiredDeployment) -> Deployment:
    """`after` is deployed and healthy; where it was already, nothing was done.

    Raises ChangeRefused when somebody changed the target since the plan was made, when the deployer fails, and when it
    reports success but the target is not as asked.
    """
    found = await deployer.state()
    if found.desired == after and found.healthy:
        return found
    if found.desired not in (before, after):
        raise ChangeRefused(
            f"somebody changed the target since the plan was made (it is {_told(found.desired)}, "
            f"the plan started from {_told(before)}); nothing was overwritten"
        )
    await deployer.apply(after)
    return await _confirmed(deployer, after)


async def put_back(deployer: Deployer, *, before: DesiredDeployment, after: DesiredDeployment) -> Deployment:
    """`before` is deployed and healthy again. Raises as `apply`."""
    return await apply(deployer, before=after, after=before)


async def _confirmed(deployer: Deployer, desired: DesiredDeployment) -> Deployment:
    found = await deployer.state()
    if found.desired != desired:
        raise ChangeRefused(f"the deployer reported success, but the target is {_told(found.desired)}")
    if not found.healthy:
        raise ChangeRefused("the deployer reported success, but the target is not healthy")
    return found


def _told(state: DesiredDeployment) -> str:
    variables = " ".join(f"{name}={value}" for name, value in sorted(state.environment.items()))
    return f"release {state.release} {variables}".strip()
