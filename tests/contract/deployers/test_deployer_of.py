"""The profile's table says which deployer works in an environment (M1, M2, M3)."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from steadyhand.clients.deployers import deployer_of
from steadyhand.clients.deployers.command import CommandRunner
from steadyhand.clients.deployers.compose import ComposeProject
from steadyhand.clients.deployers.github import WorkflowDispatch
from steadyhand.clients.deployers.kubernetes import KubernetesDeployment
from steadyhand.domain.incident import Environment
from steadyhand.errors import ChangeRefused, ConfigurationError
from steadyhand.profile import DeployerSettings, EnvironmentProfile, Orchestrator, Profile

SETTINGS: TypeAdapter[DeployerSettings] = TypeAdapter(DeployerSettings)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ({"kind": "command", "state": ["s"], "apply": ["a"]}, CommandRunner),
        ({"kind": "compose", "file": "c.yml", "env_file": "e"}, ComposeProject),
        ({"kind": "kubernetes"}, KubernetesDeployment),
        ({"kind": "github", "repository": "a/b", "token": {"env": "T"}}, WorkflowDispatch),
    ],
)
def test_every_kind_of_the_profile_is_built(table: dict[str, object], kind: type) -> None:
    """Nothing is asked of the target yet."""
    environment = EnvironmentProfile(deployer=SETTINGS.validate_python(table))
    profile = Profile(environments={Environment.PRODUCTION: environment})
    assert type(deployer_of(profile, Environment.PRODUCTION)) is kind


def test_an_environment_without_a_deployer_names_the_key_to_set() -> None:
    """Nothing can be changed there, and the message says why."""
    with pytest.raises(ConfigurationError, match=r"\[environments\.production\.deployer\]"):
        deployer_of(Profile(), Environment.PRODUCTION)


async def test_a_command_is_told_the_variables_of_its_own_orchestrator() -> None:
    """M2, M3: and whatever else its program prints is not read."""
    said = '{"release": "1", "environment": {"PLANNER": "on", "DB_PASSWORD": "hunter2"}, "healthy": true}'
    deployer = SETTINGS.validate_python({"kind": "command", "state": ["echo", said], "apply": ["true"]})
    environment = EnvironmentProfile(deployer=deployer, orchestrator=Orchestrator(planner_variable="PLANNER"))
    built = deployer_of(Profile(environments={Environment.STAGING: environment}), Environment.STAGING)
    assert (await built.state()).environment == {"PLANNER": "on"}


async def test_the_variables_are_those_of_the_environments_own_orchestrator(tmp_path: Path) -> None:
    """M2, M3: their names are configurable, for each environment."""
    (tmp_path / "env").write_text("ORCHESTRATOR_RELEASE=2.7.0\nPLANNER=on\nPLANNING__ENABLED=true\n")
    deployer = SETTINGS.validate_python(
        {"kind": "compose", "command": ["true"], "file": tmp_path / "c.yml", "env_file": tmp_path / "env"}
    )
    own = Orchestrator(planner_variable="PLANNER")
    environment = EnvironmentProfile(deployer=deployer, orchestrator=own)
    built = deployer_of(Profile(environments={Environment.STAGING: environment}), Environment.STAGING)
    found = await built.state()
    assert (found.environment, found.healthy) == ({"PLANNER": "on"}, False)
    other = found.desired.model_copy(update={"environment": {"PLANNING__ENABLED": "false"}})
    with pytest.raises(ChangeRefused, match="none that we manage: PLANNING__ENABLED"):
        await built.apply(other)
