"""Judging a Deployment's rollout by what the cluster shows of it. Nothing here asks anything."""

from collections.abc import Iterable, Mapping

from steadyhand.clients.deployers.cluster_pods import ContainerStatus, Pod
from steadyhand.clients.deployers.cluster_wire import ReplicaSet, WireDeployment

_HOPELESS = frozenset({"CrashLoopBackOff", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"})
_DEATHS_TOLERATED = 1


def observed(deployment: WireDeployment) -> bool:
    """Whether the status speaks of the newest specification."""
    return deployment.status.observed_generation >= deployment.metadata.generation


def complete(deployment: WireDeployment) -> bool:
    """Every replica is of the newest specification and available, and there is at least one."""
    status, replicas = deployment.status, deployment.spec.replicas
    counts = {status.replicas, status.updated_replicas, status.available_replicas}
    return replicas > 0 and observed(deployment) and counts == {replicas} and not given_up(deployment)


def given_up(deployment: WireDeployment) -> str:
    """Why the controller has given up the newest rollout (its progress deadline, say), or nothing."""
    if not observed(deployment):
        return ""
    conditions = (c for c in deployment.status.conditions if c.type == "Progressing" and c.status == "False")
    return next((f"{c.reason}: {c.message}" for c in conditions), "")


def newest(deployment: WireDeployment, replica_sets: Iterable[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet of the newest rollout, once the controller has made it."""
    if not observed(deployment):
        return None
    return next((r for r in replica_sets if r.metadata.revision == deployment.metadata.revision), None)


def restarts(pods: Iterable[Pod]) -> dict[tuple[str, str], int]:
    """How often each container of each pod has been restarted."""
    return {(pod.metadata.uid, c.name): c.restart_count for pod in pods for c in _statuses(pod)}


def hopeless(pod: Pod, before: Mapping[tuple[str, str], int]) -> ContainerStatus | None:
    """The container that is not ready, and cannot be made or dies again and again beyond its restarts `before`.

    One death is forgiven: a dependency may be late.
    """
    for c in _statuses(pod):
        deaths = c.restart_count - before.get((pod.metadata.uid, c.name), 0)
        if not c.ready and (_reason(c) in _HOPELESS or deaths > _DEATHS_TOLERATED):
            return c
    return None


def unready(pod: Pod) -> ContainerStatus | None:
    """The first container that is not ready."""
    return next((c for c in _statuses(pod) if not c.ready), None)


def predicament(pod: Pod, container: ContainerStatus | None) -> str:
    """Why this pod is not ready, in Kubernetes' words."""
    waiting = container.state.waiting if container else None
    if waiting and waiting.reason:
        return f"pod {pod.metadata.name}: {waiting.reason}: {waiting.message}".removesuffix(": ")
    unmet = (c for c in pod.status.conditions if c.status == "False" and c.message)
    return next((f"pod {pod.metadata.name}: {c.reason}: {c.message}" for c in unmet), f"pod {pod.metadata.name}")


def _statuses(pod: Pod) -> tuple[ContainerStatus, ...]:
    return (*pod.status.init_container_statuses, *pod.status.container_statuses)


def _reason(container: ContainerStatus) -> str:
    return container.state.waiting.reason if container.state.waiting else ""
