"""A Deployment in a cluster that is played on a real socket, reached by a kubeconfig as anyone's."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import kmock

from steadyhand.clients.deployers.kubernetes import KubernetesDeployment
from steadyhand.profile import KubernetesDeployer

from .played_cluster import NAME, NAMESPACE, PlayedCluster
from .world import EARLIER, MANAGED, ORIGINAL, RELEASE, SECRET

IMAGE = "registry.example:5000/shop/orchestrator"


def notes(release: str) -> dict[str, str]:
    """As somebody's pipeline writes them once a release serves."""
    return {"steadyhand/commit": f"{release}=commit-of-{release}", "steadyhand/came-up": release}


def deployment(release: str) -> dict[str, Any]:
    """As somebody's manifest has it."""
    secret = {"name": "API_TOKEN", "value": SECRET}
    borrowed = {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}}
    env = [secret, *({"name": name, "value": value} for name, value in ORIGINAL.items()), borrowed]
    container = {"name": NAME, "image": f"{IMAGE}:{release}", "env": env, "ports": [{"containerPort": 8000}]}
    template = {"metadata": {"labels": {"app": NAME}}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": NAME}}, "template": template}
    annotations = notes(release)
    metadata = {"name": NAME, "namespace": NAMESPACE, "labels": {"app": NAME}, "annotations": annotations}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


class KubernetesWorld:
    """See World."""

    def __init__(self, cluster: PlayedCluster, kubeconfig: Path, server: AsyncExitStack) -> None:
        self.cluster = cluster
        self._server = server
        self.settings = KubernetesDeployer(
            namespace=NAMESPACE, kubeconfig=kubeconfig, timeout_seconds=20, request_timeout_seconds=5
        )
        self.deployer = self.with_settings()

    def with_settings(self, **changes: Any) -> KubernetesDeployment:
        """A deployer with other settings."""
        return KubernetesDeployment(self.settings.model_copy(update=changes), managed=MANAGED, stale_seconds=2.0)

    def set(self, *env: dict[str, Any], **container: Any) -> None:
        """Somebody edits the container."""
        edited = {"name": NAME, "env": list(env), **container}
        self.cluster.change({"spec": {"template": {"spec": {"containers": [edited]}}}})
        self.cluster.finish()

    async def die_at_boot(self, words: str) -> None:
        self.cluster.words = words

    async def recover(self) -> None:
        self.cluster.words = None

    async def changed_by_another(self) -> None:
        self.set({"name": "SCHEDULING__BACKEND", "value": "sequential"})

    async def unreachable(self) -> None:
        await self._server.aclose()

    async def rollouts(self) -> int:
        return self.cluster.rollouts


def write_kubeconfig(path: Path, url: str) -> Path:
    """JSON is YAML."""
    cluster = {"name": "played", "cluster": {"server": url.rstrip("/")}}
    user = {"name": "us", "user": {"token": "the-token-of-the-service-account"}}
    context = {"name": "played", "context": {"cluster": "played", "user": "us"}}
    document = {"apiVersion": "v1", "kind": "Config", "current-context": "played"}
    path.write_text(json.dumps(document | {"clusters": [cluster], "users": [user], "contexts": [context]}))
    return path


@asynccontextmanager
async def kubernetes_world(directory: Path) -> AsyncIterator[KubernetesWorld]:
    """The target is up: 2.6.4 was rolled out first, and then 2.7.0."""
    async with AsyncExitStack() as server:
        cluster = PlayedCluster()
        await server.enter_async_context(cluster)
        running = await server.enter_async_context(kmock.Server(cluster))
        cluster.begin(deployment(EARLIER))
        world = KubernetesWorld(cluster, write_kubeconfig(directory / "kubeconfig", str(running.url)), server)
        world.set(image=f"{IMAGE}:{RELEASE}")
        world.cluster.change({"metadata": {"annotations": notes(RELEASE)}})
        cluster.rollouts = 0
        yield world
