"""What a person would look at when a rollout does not come up. Where we may not look, nothing is stopped (rule 7)."""

from collections.abc import Collection

from steadyhand.clients.deployers.cluster import Cluster
from steadyhand.clients.deployers.cluster_pods import Pod
from steadyhand.clients.deployers.cluster_wire import ReplicaSet, WireDeployment
from steadyhand.clients.deployers.program import LAST_WORDS
from steadyhand.clients.deployers.rollout import hopeless, newest, predicament, unready
from steadyhand.errors import TransientError, UnexpectedAnswer


async def last_words(cluster: Cluster) -> str:
    """Why the newest pod that is not ready is not, and the end of what its container said; bounded."""
    try:
        pods = await new_pods(cluster, await cluster.deployment())
    except (TransientError, UnexpectedAnswer) as error:
        return f"(its pods cannot be looked at: {error})"
    for pod in pods:
        container = hopeless(pod, {}) or unready(pod)
        if container:
            said = await _said(cluster, pod.metadata.name, container.name, dead=container.restart_count > 0)
            return f"{predicament(pod, container)}\n{said[-LAST_WORDS:]}".strip()
    return next((predicament(pod, None) for pod in pods), "")


async def rollouts(cluster: Cluster, deployment: WireDeployment) -> tuple[ReplicaSet, ...]:
    """The Deployment's ReplicaSets; none where we may not list them."""
    try:
        return await cluster.replica_sets(deployment)
    except UnexpectedAnswer:
        return ()


async def new_pods(cluster: Cluster, deployment: WireDeployment) -> tuple[Pod, ...]:
    """Of the newest rollout; none where we may not look at them."""
    rollout = newest(deployment, await rollouts(cluster, deployment))
    return await _pods(cluster, deployment, (rollout,) if rollout else ())


async def all_pods(cluster: Cluster, deployment: WireDeployment) -> tuple[Pod, ...]:
    """Of every rollout that still has any; none where we may not look at them."""
    return await _pods(cluster, deployment, await rollouts(cluster, deployment))


async def _pods(cluster: Cluster, deployment: WireDeployment, of: Collection[ReplicaSet]) -> tuple[Pod, ...]:
    try:
        return await cluster.pods(deployment, of) if of else ()
    except UnexpectedAnswer:
        return ()


async def _said(cluster: Cluster, pod: str, container: str, *, dead: bool) -> str:
    try:
        return await cluster.log(pod, container, previous=dead)
    except (TransientError, UnexpectedAnswer) as error:
        return f"(its log cannot be read: {error})"
