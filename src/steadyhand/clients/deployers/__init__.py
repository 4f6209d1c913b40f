"""What changes the orchestrator: one contract, one file for each kind behind it."""

from steadyhand.clients.deployers.command import CommandRunner
from steadyhand.clients.deployers.deployer import Deployer
from steadyhand.clients.deployers.dry_run import DryRun
from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError
from steadyhand.profile import CommandDeployer, Profile

__all__ = ["Deployer", "DryRun", "deployer_of"]


def deployer_of(profile: Profile, name: Environment) -> Deployer:
    """The deployer of this environment. Raises ConfigurationError when the profile has none."""
    settings = profile.environment(name).deployer
    if settings is None:
        raise ConfigurationError(f"the profile has no deployer for this environment: [environments.{name}.deployer]")
    if isinstance(settings, CommandDeployer):
        return CommandRunner(settings)
    raise ConfigurationError(f"deployers of kind {settings.kind} are not built yet")
