"""Waiting for a rollout."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from steadyhand.clients.deployers.cluster import Cluster
from steadyhand.clients.deployers.cluster_view import last_words, new_pods
from steadyhand.clients.deployers.cluster_wire import WireDeployment
from steadyhand.clients.deployers.kubernetes_spec import ManagedPart
from steadyhand.clients.deployers.rollout import complete, given_up, hopeless
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.errors import ChangeRefused, TransientError

_LOOK_AGAIN_SECONDS = 0.5


@dataclass
class Watch:
    """The rollout of what is desired.

    `restarts` are those that its pods had before the change: undoing takes up an old ReplicaSet again, and its pods may
    have restarted for months. That the controller gave up is believed once it stayed so for `stale_seconds`: it says
    so of the rollout before as well, until the new one makes its first progress.
    """

    cluster: Cluster
    part: ManagedPart
    desired: DesiredDeployment
    restarts: Mapping[tuple[str, str], int]
    seconds: float
    stale_seconds: float
    _began: float = field(default_factory=time.monotonic)
    _gave_up_at: float | None = None

    async def until_complete(self) -> WireDeployment:
        """The Deployment, with what is desired complete. An API that is away for a moment is waited for.

        Raises ChangeRefused when the rollout fails, takes too long, or is not of what is desired any more.
        """
        while True:
            away: TransientError | None = None
            try:
                if deployment := await self._complete():
                    return deployment
            except TransientError as error:
                away = error
            if time.monotonic() >= self._began + self.seconds:
                told = f"not rolled out after {self.seconds:g} s"
                if away:
                    raise ChangeRefused(f"{told}: {away}") from away
                raise ChangeRefused(told, last_words=await last_words(self.cluster))
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _complete(self) -> WireDeployment | None:
        deployment = await self.cluster.deployment()
        if self.part.read(deployment) != self.desired:
            raise ChangeRefused("somebody changed the Deployment while it was rolled out; nothing was overwritten")
        if complete(deployment):
            return deployment
        if reason := self._stays_given_up(deployment):
            raise ChangeRefused(f"the rollout failed: {reason}", last_words=await last_words(self.cluster))
        if any(hopeless(pod, self.restarts) for pod in await new_pods(self.cluster, deployment)):
            raise ChangeRefused("the new pods do not come up", last_words=await last_words(self.cluster))
        return None

    def _stays_given_up(self, deployment: WireDeployment) -> str:
        now, reason = time.monotonic(), given_up(deployment)
        if not reason:
            self._gave_up_at = None
            return ""
        if self._gave_up_at is None:
            self._gave_up_at = now
        return reason if now - self._gave_up_at >= self.stale_seconds else ""
