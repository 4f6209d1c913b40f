"""A connection to Kubernetes, and what is asked of it."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from steadyhand.clients.deployers.cluster_answer import Question
from steadyhand.clients.deployers.cluster_pods import Pod, Pods
from steadyhand.clients.deployers.cluster_wire import ReplicaSet, ReplicaSets, WireDeployment
from steadyhand.errors import ConfigurationError, TransientError
from steadyhand.profile import KubernetesDeployer

_LISTED = 500
_LOG_LINES = 50
_LOG_BYTES = 100_000


class Cluster:
    """One Deployment of one cluster, and what belongs to it."""

    def __init__(self, client: Any, settings: KubernetesDeployer) -> None:
        from kubernetes_asyncio.client import AppsV1Api, CoreV1Api  # noqa: PLC0415 - takes most of a second

        self._apps, self._core = AppsV1Api(client), CoreV1Api(client)
        self._where = {"namespace": settings.namespace}
        self._it = {"name": settings.deployment, **self._where}
        self._question = partial(Question, namespace=settings.namespace, seconds=settings.request_timeout_seconds)

    async def deployment(self) -> WireDeployment:
        """The Deployment as it is now."""
        question = self._question("get deployments", self._apps.read_namespaced_deployment)
        return await question.read(WireDeployment, **self._it)

    async def patch(self, body: dict[str, Any], *, dry_run: bool = False) -> None:
        """The Deployment has these changes (a strategic merge), or would have them.

        Raises Conflict when `resourceVersion` is not its newest, ChangeRefused with the API's words when it says no.
        """
        options = {"dry_run": "All"} if dry_run else {}
        question = self._question("patch deployments", self._apps.patch_namespaced_deployment, changes=True)
        await question.ask(body=body, **self._it, **options)

    async def replica_sets(self, deployment: WireDeployment) -> tuple[ReplicaSet, ...]:
        """Its ReplicaSets, in no order."""
        question = self._question("list replicasets", self._apps.list_namespaced_replica_set)
        found = await question.read(ReplicaSets, **self._selected(deployment))
        return tuple(one for one in found.items if one.metadata.owned_by(deployment.metadata))

    async def pods(self, deployment: WireDeployment, of: Collection[ReplicaSet]) -> tuple[Pod, ...]:
        """The pods of these ReplicaSets that are not on their way out, newest first."""
        question = self._question("list pods", self._core.list_namespaced_pod)
        found = await question.read(Pods, **self._selected(deployment))
        ours = (p for p in found.items if any(p.metadata.owned_by(one.metadata) for one in of))
        alive = (p for p in ours if not p.metadata.deletion_timestamp)
        return tuple(sorted(alive, key=lambda pod: pod.metadata.creation_timestamp, reverse=True))

    async def log(self, pod: str, container: str, *, previous: bool) -> str:
        """The end of what a container said, of its run before this one where `previous`."""
        options = {"previous": previous, "tail_lines": _LOG_LINES, "limit_bytes": _LOG_BYTES, **self._where}
        question = self._question("get pods/log", self._core.read_namespaced_pod_log)
        return (await question.ask(name=pod, container=container, **options)).decode(errors="replace")

    def _selected(self, deployment: WireDeployment) -> dict[str, Any]:
        return {**self._where, "label_selector": str(deployment.spec.selector), "limit": _LISTED}


@asynccontextmanager
async def connected(settings: KubernetesDeployer) -> AsyncIterator[Cluster]:
    """A cluster, its connections closed afterwards. Raises ConfigurationError for credentials that cannot be read."""
    from kubernetes_asyncio import client, config  # noqa: PLC0415 - takes most of a second

    configuration = client.Configuration()
    try:
        async with asyncio.timeout(settings.request_timeout_seconds):
            if path := _kubeconfig(settings):
                await config.load_kube_config(
                    config_file=path, context=settings.context, client_configuration=configuration
                )
            else:
                config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        api = client.ApiClient(configuration)
    except TimeoutError as error:
        raise TransientError(f"no credentials for Kubernetes within {settings.request_timeout_seconds:g} s") from error
    except (config.ConfigException, yaml.YAMLError, OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"no credentials for Kubernetes: {error}") from error
    async with api:
        yield Cluster(api, settings)


def _kubeconfig(settings: KubernetesDeployer) -> str | None:
    """The file to read, or None inside a pod."""
    if settings.kubeconfig:
        return str(settings.kubeconfig)
    if named := os.environ.get("KUBECONFIG"):
        return named
    usual = Path("~/.kube/config").expanduser()
    return str(usual) if usual.is_file() else None
