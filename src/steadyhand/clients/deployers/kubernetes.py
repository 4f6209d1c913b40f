"""Deploying by patching a Kubernetes Deployment."""

from contextlib import suppress

from steadyhand.clients.deployers.cluster import Cluster, connected
from steadyhand.clients.deployers.cluster_answer import Conflict
from steadyhand.clients.deployers.cluster_notes import CAME_UP, came_up
from steadyhand.clients.deployers.cluster_view import all_pods, rollouts
from steadyhand.clients.deployers.cluster_watch import Watch
from steadyhand.clients.deployers.cluster_wire import WireDeployment
from steadyhand.clients.deployers.kubernetes_spec import ManagedPart
from steadyhand.clients.deployers.rollout import complete, restarts
from steadyhand.domain.deployment import Deployment, DesiredDeployment, other_than
from steadyhand.errors import ChangeRefused, TransientError, UnexpectedAnswer
from steadyhand.profile import KubernetesDeployer

_ATTEMPTS = 5
_STALE_SECONDS = 10.0


class KubernetesDeployment:
    """A deployer of kind `kubernetes`: one container of one Deployment.

    Every change names the version of the Deployment that it was made for, so that nobody's change is overwritten.
    """

    def __init__(
        self, settings: KubernetesDeployer, *, managed: tuple[str, ...], stale_seconds: float = _STALE_SECONDS
    ) -> None:
        self._settings = settings
        self._managed = managed
        self._stale_seconds = stale_seconds
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
            commit=self._part.commit(deployment),
            known_good_releases=known,
            other_variables=other_than(self._managed, self._part.names(deployment)),
        )

    async def apply(self, desired: DesiredDeployment) -> None:
        """See Deployer."""
        self._refuse_strangers(desired)
        try:
            async with connected(self._settings) as cluster:
                deployment = await cluster.deployment()
                before = restarts(await all_pods(cluster, deployment))
                seconds = self._settings.timeout_seconds
                watch = Watch(cluster, self._part, desired, before, seconds, self._stale_seconds)
                await self._change(cluster, deployment, desired)
                deployment = await watch.until_complete()
                await self._note_that_it_came_up(cluster, deployment, desired.release)
        except (TransientError, UnexpectedAnswer) as error:
            raise ChangeRefused(str(error)) from error

    async def check(self, desired: DesiredDeployment) -> bool:
        """See Deployer: whether the API accepts the change in a dry run on the server."""
        self._refuse_strangers(desired)
        async with connected(self._settings) as cluster:
            deployment = await cluster.deployment()
            await cluster.patch(self._part.patch(deployment, desired, ()), dry_run=True)
        return True

    async def _change(self, cluster: Cluster, deployment: WireDeployment, desired: DesiredDeployment) -> None:
        """The Deployment asks for this state. Its status changes often, and each change is a new version: try again."""
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

    async def _note_that_it_came_up(self, cluster: Cluster, deployment: WireDeployment, release: str) -> None:
        """M1: it can be gone back to later. Where that cannot be noted, the change stands all the same (rule 7)."""
        if came_up(deployment.metadata.annotations, release):
            return
        with suppress(TransientError, UnexpectedAnswer, ChangeRefused):
            await cluster.patch({"metadata": {"annotations": {CAME_UP: release}}})

    def _refuse_strangers(self, desired: DesiredDeployment) -> None:
        if unknown := sorted(set(desired.environment) - set(self._managed)):
            raise ChangeRefused(f"these variables are none that we manage: {', '.join(unknown)}")


def _refuse_what_never_rolls_out(deployment: WireDeployment) -> None:
    if deployment.spec.paused:
        raise ChangeRefused("the Deployment is paused: it would not roll out; nothing was changed")
    if deployment.spec.replicas == 0:
        raise ChangeRefused("the Deployment is scaled to nothing: it would not serve; nothing was changed")
