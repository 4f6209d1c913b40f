"""What we read of Kubernetes' pods (v1): a small part of their schema."""

from steadyhand.clients.deployers.cluster_wire import Condition, Listed, Metadata, Wire


class Waiting(Wire):
    """Why a container does not run."""

    reason: str = ""
    message: str = ""


class ContainerState(Wire):
    """Only why it waits."""

    waiting: Waiting | None = None


class ContainerStatus(Wire):
    """One container of a pod."""

    name: str
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()


class PodStatus(Wire):
    """How a pod fares."""

    conditions: tuple[Condition, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Wire):
    """A pod."""

    metadata: Metadata
    status: PodStatus = PodStatus()


class Pods(Wire):
    """A list of them."""

    items: Listed[Pod]
