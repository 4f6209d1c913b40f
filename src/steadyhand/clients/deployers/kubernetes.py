"""Deploying by patching a Kubernetes Deployment."""

import asyncio
import time

from steadyhand.clients.deployers.cluster import Cluster, connected
from steadyhand.clients.deployers.cluster_answer import Conflict
from steadyhand.clients.deployers.cluster_view import last_words, new_pods, rollouts
from steadyhand.clients.deployers.cluster_wire import WireDeployment
from steadyhand.clients.deployers.kubernetes_spec import ManagedPart, commit_now
from steadyhand.clients.deployers.rollout import complete, given_up, hopeless
from steadyhand.domain.deployment import Deployment, DesiredDeployment
from steadyhand.errors import ChangeRefused, TransientError, UnexpectedAnswer
from steadyhand.profile import KubernetesDeployer

_LOOK_AGAIN_SECONDS = 0.5
_ATTEMPTS = 5


class KubernetesDeployment:
    """A deployer of kind `kubernetes`: one container of one Deployment.

    Every change names the version of the Deployment that it was made for, so that nobody's change is overwritten.
    """

    def __init__(self, settings: KubernetesDeployer, *, managed: tuple[str, ...]) -> None:
        self._settings = settings
        self._managed = managed
        self._part = ManagedPart(settings.container, managed)

    async def state(self) -> Deployment:
        """See Deployer. Healthy is a rollout that is complete; a Deployment scaled to nothing is not."""
        async with connected(self._settings) as cluster:
            deployment = await cluster.deployment()
            now = self._part.read(deployment)
            known = self._settings.known_good_releases
            if not known:
                known = self._part.earlier(now.release, await cluster.replica_sets(deployment))
        return Deployment(
            release=now.release,
            environment=now.environment,
            healthy=complete(deployment),
            commit=commit_now(deployment),
            known_good_releases=known,
        )

    async def apply(self, desired: DesiredDeployment) -> None:
        """See Deployer."""
        self._refuse_strangers(desired)
        deadline = time.monotonic() + self._settings.timeout_seconds
        try:
            async with connected(self._settings) as cluster:
                await self._change(cluster, desired)
                await self._wait_until_complete(cluster, deadline)
        except (TransientError, UnexpectedAnswer) as error:
            raise ChangeRefused(str(error)) from error

    async def check(self, desired: DesiredDeployment) -> bool:
        """See Deployer: whether the API accepts the change in a dry run on the server."""
        self._refuse_strangers(desired)
        async with connected(self._settings) as cluster:
            deployment = await cluster.deployment()
            await cluster.patch(self._part.patch(deployment, desired, ()), dry_run=True)
        return True

    async def _change(self, cluster: Cluster, desired: DesiredDeployment) -> None:
        """The Deployment asks for this state. Its status changes often, and each change is a new version: try again."""
        deployment = await cluster.deployment()
        first = self._part.read(deployment)
        for _ in range(_ATTEMPTS):
            now = self._part.read(deployment)
            if now == desired and complete(deployment):
                return
            _refuse_what_never_rolls_out(deployment)
            if now == desired:
                return
            if now != first:
                raise ChangeRefused("somebody changed the Deployment just now; nothing was overwritten")
            try:
                known = await rollouts(cluster, deployment)
                await cluster.patch(self._part.patch(deployment, desired, known))
            except Conflict:
                deployment = await cluster.deployment()
            else:
                return
        raise ChangeRefused(f"the Deployment was changed by others {_ATTEMPTS} times in a row; nothing was changed")

    async def _wait_until_complete(self, cluster: Cluster, deadline: float) -> None:
        """Raises ChangeRefused when the rollout fails. An API that is away for a moment is waited for."""
        away: TransientError | None = None
        while True:
            try:
                if await self._is_complete(cluster):
                    return
                away = None
            except TransientError as error:
                away = error
            if time.monotonic() >= deadline:
                told = f"not rolled out after {self._settings.timeout_seconds:g} s"
                if away:
                    raise ChangeRefused(f"{told}: {away}") from away
                raise ChangeRefused(told, last_words=await last_words(cluster))
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _is_complete(self, cluster: Cluster) -> bool:
        deployment = await cluster.deployment()
        if complete(deployment):
            return True
        if reason := given_up(deployment):
            raise ChangeRefused(f"the rollout failed: {reason}", last_words=await last_words(cluster))
        if any(hopeless(pod) for pod in await new_pods(cluster, deployment)):
            raise ChangeRefused("the new pods do not come up", last_words=await last_words(cluster))
        return False

    def _refuse_strangers(self, desired: DesiredDeployment) -> None:
        if unknown := sorted(set(desired.environment) - set(self._managed)):
            raise ChangeRefused(f"these variables are none that we manage: {', '.join(unknown)}")


def _refuse_what_never_rolls_out(deployment: WireDeployment) -> None:
    if deployment.spec.paused:
        raise ChangeRefused("the Deployment is paused: it would not roll out; nothing was changed")
    if deployment.spec.replicas == 0:
        raise ChangeRefused("the Deployment is scaled to nothing: it would not serve; nothing was changed")
