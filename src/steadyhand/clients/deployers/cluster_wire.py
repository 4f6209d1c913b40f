"""What we read of Kubernetes' Deployments and ReplicaSets (apps/v1): a small part of their schema."""

from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

REVISION = "deployment.kubernetes.io/revision"

T = TypeVar("T")
_Texts = Annotated[dict[str, str], BeforeValidator(lambda given: {} if given is None else given)]
Listed = Annotated[tuple[T, ...], BeforeValidator(lambda given: () if given is None else given)]
"""An empty list may come as null."""


class Wire(BaseModel):
    """What we do not read is skipped."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


class Owner(Wire):
    """Who made an object."""

    uid: str


class Metadata(Wire):
    """What every object has."""

    name: str
    uid: str
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: AwareDatetime
    deletion_timestamp: AwareDatetime | None = None
    labels: _Texts = Field(default_factory=dict)
    annotations: _Texts = Field(default_factory=dict)
    owner_references: tuple[Owner, ...] = ()

    def owned_by(self, owner: "Metadata") -> bool:
        """Whether that object made this one."""
        return any(reference.uid == owner.uid for reference in self.owner_references)

    @property
    def revision(self) -> str:
        """The rollout's number, on Deployments and ReplicaSets."""
        return self.annotations.get(REVISION, "")


class EnvVar(Wire):
    """One variable of a container; `value_from` stands for any of its forms."""

    name: str
    value: str = ""
    value_from: dict[str, object] | None = None


class Container(Wire):
    """One container of a template."""

    name: str
    image: str
    env: tuple[EnvVar, ...] = ()


class TemplateMetadata(Wire):
    """Labels of the pods to be."""

    labels: _Texts = Field(default_factory=dict)


class PodSpec(Wire):
    """What a pod is made of."""

    containers: tuple[Container, ...] = Field(min_length=1)


class Template(Wire):
    """Of pods."""

    metadata: TemplateMetadata = TemplateMetadata()
    spec: PodSpec


class Selector(Wire):
    """Which pods are a Deployment's."""

    match_labels: _Texts = Field(default_factory=dict)

    def __str__(self) -> str:
        return ",".join(f"{name}={value}" for name, value in self.match_labels.items())


class Spec(Wire):
    """Of a Deployment or a ReplicaSet."""

    replicas: int = 1
    paused: bool = False
    selector: Selector
    template: Template


class Condition(Wire):
    """Of a Deployment or a pod; `status` is "True", "False" or "Unknown"."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class DeploymentStatus(Wire):
    """What the controller saw."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    conditions: tuple[Condition, ...] = ()


class WireDeployment(Wire):
    """A Deployment."""

    metadata: Metadata
    spec: Spec
    status: DeploymentStatus = DeploymentStatus()


class ReplicaSet(Wire):
    """One rollout of a Deployment."""

    metadata: Metadata
    spec: Spec


class ReplicaSets(Wire):
    """A list of them."""

    items: Listed[ReplicaSet]


class Status(Wire):
    """What the API says when it says no."""

    message: str = ""
