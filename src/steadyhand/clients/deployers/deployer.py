"""The contract of every deployer. Nothing else in Steadyhand changes a target's deployment."""

from typing import Protocol

from steadyhand.domain.deployment import Deployment, DesiredDeployment


class Deployer(Protocol):
    """Reads and converges what is deployed in one environment.

    `DesiredDeployment.environment` is the whole of what we manage: a managed variable that it does not name is unset.
    Undoing is applying the state that was read before.
    """

    async def state(self) -> Deployment:
        """What is deployed now, whether it serves, and where one could go back to, newest first.

        Raises TransientError or UnexpectedAnswer when it cannot be read, ConfigurationError when the profile is wrong.
        """

    async def apply(self, desired: DesiredDeployment) -> None:
        """The desired state is deployed and serves; asking again for what is there changes nothing.

        Raises ChangeRefused, with the target's last words, when it does not serve in time and nothing of it can land
        any more; TransientError or UnexpectedAnswer when it may still land: then nobody may claim that it was undone.
        It puts nothing back.
        """

    async def check(self, desired: DesiredDeployment) -> bool:
        """True when the target says it would take this state, False when it cannot tell. Nothing is changed.

        Raises ChangeRefused, with its words, when it would not.
        """
