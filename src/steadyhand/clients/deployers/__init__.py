"""What changes the orchestrator: one contract, one file for each kind behind it."""

from steadyhand.clients.deployers.command import CommandRunner
from steadyhand.clients.deployers.compose import ComposeProject
from steadyhand.clients.deployers.deployer import Deployer
from steadyhand.clients.deployers.dry_run import DryRun
from steadyhand.clients.deployers.github import WorkflowDispatch
from steadyhand.clients.deployers.kubernetes import KubernetesDeployment
from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError
from steadyhand.profile import CommandDeployer, ComposeDeployer, KubernetesDeployer, Profile

__all__ = ["Deployer", "DryRun", "deployer_of"]


def deployer_of(profile: Profile, name: Environment) -> Deployer:
    """The deployer of this environment. Raises ConfigurationError when the profile has none."""
    environment = profile.environment(name)
    settings = environment.deployer
    if settings is None:
        raise ConfigurationError(f"the profile has no deployer for this environment: [environments.{name}.deployer]")
    target = profile.within(name).orchestrator
    managed = (target.planner_variable, target.scheduler_variable)
    if isinstance(settings, CommandDeployer):
        return CommandRunner(settings, managed=managed)
    health_url = environment.url.rstrip("/") + target.routes.health
    if isinstance(settings, ComposeDeployer):
        return ComposeProject(settings, managed=managed, health_url=health_url, healthy=target.healthy)
    if isinstance(settings, KubernetesDeployer):
        return KubernetesDeployment(settings, managed=managed)
    return WorkflowDispatch(
        settings, environment=name.value, managed=managed, health_url=health_url, healthy=target.healthy
    )
