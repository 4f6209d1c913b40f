"""What changes the orchestrator: one table `[environments.<name>.deployer]`, of one kind."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from steadyhand.profile.section import Seconds, SecretRef, Section
from steadyhand.profile.values import Address


class CommandDeployer(Section):
    """Deploys by running programs of yours.

    `state` prints one JSON object: release, environment, healthy, commit, known_good_releases (newest first).
    Of its environment only the runbook's variables are read, so they are all that `apply` is given: one of them that
    it is not given is to be unset, and every other variable of yours stays as it is.
    `apply` reads {"release", "environment"} as JSON from its standard input, and exits 0 only once that state serves.
    `check` reads the same, changes nothing, and exits 0 where `apply` would take it.
    """

    kind: Literal["command"] = "command"
    state: tuple[str, ...] = Field(min_length=1, examples=[["/usr/local/bin/orchestrator-state"]])
    """The program, and its arguments, that tells what is deployed."""
    apply: tuple[str, ...] = Field(min_length=1, examples=[["/usr/local/bin/orchestrator-deploy"]])
    """The program that deploys."""
    check: tuple[str, ...] = Field(default=(), examples=[["/usr/local/bin/orchestrator-deploy", "--check"]])
    """The program that says whether a state would be accepted; may be left out."""
    timeout_seconds: Seconds = 300.0
    """When a program is killed."""


class ComposeDeployer(Section):
    """Deploys with compose: the release and the runbook's variables stand in an env file that the compose file uses.

    Only the service is brought up again; what it depends on is left alone. A change of a variable that the compose file
    does not use is refused.
    """

    kind: Literal["compose"] = "compose"
    command: tuple[str, ...] = Field(default=("docker", "compose"), min_length=1)
    """The compose program; ["docker-compose"] for the old one."""
    file: Path = Field(examples=["/srv/orchestrator/compose.yaml"])
    """The compose file. By its usual name (compose.yaml, ...) it takes the override beside it along, as in compose."""
    env_file: Path = Field(examples=["/srv/orchestrator/.env"])
    """Rewritten by us, line by line: only the release's and the runbook's variables are touched."""
    service: str = "orchestrator"
    """The service in it."""
    project: str | None = Field(default=None, examples=["orchestrator"])
    """The project's name; default: compose's own."""
    release_variable: str = "ORCHESTRATOR_RELEASE"
    """The variable in the env file that the image's tag is made of."""
    known_good_releases: tuple[str, ...] = Field(default=(), examples=[["2026.7.1", "2026.7.0"]])
    """Releases that may be gone back to, newest first."""
    known_good_file: Path | None = Field(default=None, examples=["/srv/orchestrator/known-good"])
    """A file with one known good release a line, newest first; read each time, before the list above."""
    timeout_seconds: Seconds = 300.0
    """How long the service may take to serve."""


class KubernetesDeployer(Section):
    """Deploys by patching one container of a Deployment: its image's tag and the runbook's variables.

    A release can be gone back to when it was seen to come up, which a ReplicaSet does not tell. We note it on the
    Deployment after a rollout of ours, in the annotation `steadyhand/came-up`. Have your pipeline do so too:
    `kubectl rollout status deployment/NAME && kubectl annotate --overwrite deployment/NAME steadyhand/came-up=TAG`.
    Where nobody does, `known_good_releases` is needed, or no rollback is proposed.
    The commit is that of the label `app.kubernetes.io/version`, or of the annotation `steadyhand/commit`: `TAG=COMMIT`.
    """

    kind: Literal["kubernetes"] = "kubernetes"
    deployment: str = "orchestrator"
    """The Deployment."""
    namespace: str = "default"
    """Its namespace."""
    container: str | None = Field(default=None, examples=["api"])
    """The container; default: the only one."""
    kubeconfig: Path | None = Field(default=None, examples=["/etc/steadyhand/kubeconfig"])
    """How the cluster is reached; default: $KUBECONFIG, ~/.kube/config, or the pod's own service account."""
    context: str | None = Field(default=None, examples=["production"])
    """Which context of the kubeconfig; default: the current one."""
    known_good_releases: tuple[str, ...] = Field(default=(), examples=[["2026.7.1", "2026.7.0"]])
    """Releases that may be gone back to, newest first; default: those of earlier ReplicaSets that came up."""
    timeout_seconds: Seconds = 300.0
    """How long a rollout may take."""
    request_timeout_seconds: Seconds = 10.0
    """How long one answer of the API may take."""


class GitHubDeployer(Section):
    """Deploys by a workflow of GitHub Actions (workflow_dispatch), and reads what is deployed from its deployments.

    The workflow takes the inputs `environment`, `release`, `variables` (a JSON object) and `steadyhand_id`, shows that
    id in its run-name, and makes a deployment whose payload is {"release", "environment"}. No job of it names an
    `environment:` of GitHub's: that would make a second deployment, with nothing in it.
    """

    kind: Literal["github"] = "github"
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", examples=["acme/orchestrator"])
    """The repository whose workflow deploys: owner/name."""
    workflow: str = "deploy.yml"
    """The workflow's file."""
    ref: str = "main"
    """The branch whose workflow is run."""
    environment: str | None = Field(default=None, examples=["prod"])
    """GitHub's name of the environment; default: ours."""
    api_url: Address = "https://api.github.com"
    """GitHub's API."""
    token: SecretRef = Field(examples=[{"env": "DEPLOY_TOKEN"}])
    """A token that may do that: needs actions:write and deployments:read."""
    known_good_releases: tuple[str, ...] = Field(default=(), examples=[["2026.7.1", "2026.7.0"]])
    """Releases that may be gone back to, newest first; default: those of earlier successful deployments."""
    timeout_seconds: Seconds = 900.0
    """How long a run of the workflow may take."""
    poll_seconds: Seconds = 5.0
    """How often it is looked at."""
    request_timeout_seconds: Seconds = 10.0
    """How long one answer of GitHub may take."""


DeployerSettings = Annotated[
    CommandDeployer | ComposeDeployer | KubernetesDeployer | GitHubDeployer, Field(discriminator="kind")
]
