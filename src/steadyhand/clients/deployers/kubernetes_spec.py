"""What we manage of a Deployment: one container's image and a few variables, read and changed."""

from collections.abc import Iterable, Sequence
from typing import Any

from steadyhand.clients.deployers.cluster_notes import COMMIT, came_up, commit_note, noted_commit
from steadyhand.clients.deployers.cluster_wire import Container, ReplicaSet, Template, WireDeployment
from steadyhand.clients.deployers.image import release_of, with_release
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.errors import ConfigurationError, UnexpectedAnswer

VERSION = "app.kubernetes.io/version"
CAUSE = "kubernetes.io/change-cause"


class ManagedPart:
    """The container (the only one where `container` is None) and the variables that are ours to change."""

    def __init__(self, container: str | None, managed: tuple[str, ...]) -> None:
        self._container = container
        self._managed = managed

    def read(self, deployment: WireDeployment) -> DesiredDeployment:
        """What is asked for now. Raises UnexpectedAnswer for a variable that has no plain value."""
        container = self.container(deployment.spec.template)
        ours = [variable for variable in container.env if variable.name in self._managed]
        for variable in ours:
            if variable.value_from is not None:
                raise UnexpectedAnswer(
                    f"container {container.name} takes {variable.name} from elsewhere (valueFrom); "
                    "it can be changed and put back only as a plain value"
                )
        environment = {variable.name: variable.value for variable in ours}
        if len(environment) != len(ours):
            raise UnexpectedAnswer(f"container {container.name} sets a variable of the runbook's twice")
        return DesiredDeployment(release=release_of(container.image), environment=environment)

    def names(self, deployment: WireDeployment) -> tuple[str, ...]:
        """Every variable the container is given by name, whoever manages it."""
        return tuple(variable.name for variable in self.container(deployment.spec.template).env)

    def patch(
        self, deployment: WireDeployment, desired: DesiredDeployment, rollouts: Sequence[ReplicaSet]
    ) -> dict[str, Any]:
        """The strategic merge that makes it so, valid for this version of the Deployment only.

        With another release comes its commit, as it was noted when one of the rollouts brought it, and the commit of
        the release that goes, for the way back.
        """
        container = self.container(deployment.spec.template)
        now = self.read(deployment)
        change: dict[str, Any] = {"name": container.name}
        annotations: dict[str, str | None] = {CAUSE: _cause(desired)}
        if desired.release != now.release:
            change["image"] = with_release(container.image, desired.release)
            annotations[COMMIT] = self._note_of_commits(deployment, desired.release, rollouts)
        env = [
            {"name": name, "value": desired.environment[name]}
            if name in desired.environment
            else {"name": name, "$patch": "delete"}
            for name in self._managed
            if desired.environment.get(name) != now.environment.get(name)
        ]
        if env:
            change["env"] = env
        metadata = {"resourceVersion": deployment.metadata.resource_version, "annotations": annotations}
        return {"metadata": metadata, "spec": {"template": {"spec": {"containers": [change]}}}}

    def container(self, template: Template) -> Container:
        """Raises ConfigurationError where it is not clear which."""
        there = template.spec.containers
        names = ", ".join(container.name for container in there)
        if self._container is None and len(there) > 1:
            raise ConfigurationError(f"the Deployment has several containers; name one of {names} (deployer.container)")
        found = [container for container in there if self._container in {None, container.name}]
        if not found:
            raise ConfigurationError(
                f"the Deployment has no container {self._container!r} (deployer.container), only {names}"
            )
        return found[0]

    def release(self, replica_set: ReplicaSet) -> str | None:
        """The release of this rollout; None where it had no such container."""
        found = (c for c in replica_set.spec.template.spec.containers if self._container in {None, c.name})
        return next((release_of(container.image) for container in found), None)

    def earlier(self, release: str, replica_sets: Iterable[ReplicaSet]) -> tuple[str, ...]:
        """The releases that came before this one and were seen to come up, newest first.

        A ReplicaSet does not tell whether it ever served: only those with a note of it count. Ordered by when they
        first came, not by revision: what was rolled back to gets a new revision, and what was rolled back from must
        not look like a release to go back to.
        """
        oldest_first = sorted(replica_sets, key=lambda r: (r.metadata.creation_timestamp, r.metadata.revision))
        came = list(dict.fromkeys(filter(None, map(self.release, oldest_first))))
        good = {self.release(r) for r in oldest_first if came_up(r.metadata.annotations, self.release(r))}
        before = came[: came.index(release)] if release in came else []
        return tuple(one for one in reversed(before) if one in good)

    def commit(self, deployment: WireDeployment) -> str:
        """Of the release that is asked for now: as noted of it, else the label, which a rollback does not change."""
        noted = noted_commit(deployment.metadata.annotations, self.read(deployment).release)
        return deployment.metadata.labels.get(VERSION, "") if noted is None else noted

    def _note_of_commits(
        self, deployment: WireDeployment, comes: str, replica_sets: Iterable[ReplicaSet]
    ) -> str | None:
        """None, which removes the note, where there is nothing to say."""
        there = {comes: self._commit_of(comes, deployment, replica_sets)}
        if not there[comes] and VERSION not in deployment.metadata.labels:
            there = {}
        if goes := self.commit(deployment):
            there[self.read(deployment).release] = goes
        return commit_note(there) or None

    def _commit_of(self, release: str, deployment: WireDeployment, replica_sets: Iterable[ReplicaSet]) -> str:
        noted = noted_commit(deployment.metadata.annotations, release)
        rollouts = (r for r in replica_sets if self.release(r) == release)
        known = (
            noted_commit(r.metadata.annotations, release) or r.spec.template.metadata.labels.get(VERSION)
            for r in rollouts
        )
        return noted or next(filter(None, known), "")


def _cause(desired: DesiredDeployment) -> str:
    variables = " ".join(f"{name}={value}" for name, value in sorted(desired.environment.items()))
    return f"steadyhand: {desired.release} {variables}".strip()
