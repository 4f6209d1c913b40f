"""A cluster on a real socket: kmock keeps the objects and serves them, the rest plays what kmock leaves out.

kmock 0.8 merges patches like plain JSON and knows no versions, dry runs, selectors, logs and controllers. Here patches
are strategic merges, a stale resourceVersion conflicts, dry runs change nothing, and a controller rolls out.
"""

import copy
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp.web
import kmock
from kmock import KubernetesEmulator, KubernetesError

from .strategic_merge import merged

DEPLOYMENTS, REPLICA_SETS, PODS = "apps/v1/deployments", "apps/v1/replicasets", "v1/pods"
NAMESPACE, NAME = "shop", "orchestrator"
REVISION = "deployment.kubernetes.io/revision"
SCHEDULING_PHASES = 3
"""How often a Deployment can be read after a change before its new pod is available."""

Json = dict[str, Any]


def _progressing(reason: str) -> Json:
    return {"type": "Progressing", "status": "True", "reason": reason}


class PlayedCluster(KubernetesEmulator):
    """One Deployment, one replica. Time passes when somebody looks: nothing sleeps."""

    words: str | None = None
    rollouts: int = 0
    before_patch: Callable[[], None] | None = None

    def begin(self, deployment: Json) -> None:
        """The Deployment exists, and its first rollout is complete."""
        self.versions = 0
        self.born = datetime(2024, 5, 1, tzinfo=UTC)
        self.logs: dict[str, str] = {}
        self.pending = 0
        deployment["metadata"].update(uid="d-1", generation=1, creationTimestamp=self._stamp())
        self._keep(deployment)
        self.finish()

    @property
    def deployment(self) -> Json:
        """A copy of it."""
        return copy.deepcopy(self.objects[DEPLOYMENTS, NAMESPACE, NAME].raw)

    def _keep(self, deployment: Json) -> Json:
        """It is stored as its next version."""
        self.versions += 1
        deployment["metadata"]["resourceVersion"] = str(self.versions)
        self.objects[DEPLOYMENTS, NAMESPACE, NAME] = deployment
        return deployment

    def change(self, patch: Json) -> Json:
        """The Deployment after this strategic merge; a changed template is rolled out."""
        before = self.deployment
        after = merged(before, patch)
        if after["spec"] != before["spec"]:
            after["metadata"]["generation"] += 1
            self.pending = SCHEDULING_PHASES
        if after["spec"]["template"] != before["spec"]["template"]:
            self.rollouts += 1
        else:
            self._copy_annotations(after)
        return self._keep(after)

    def _copy_annotations(self, deployment: Json) -> None:
        """The controller does so whenever it looks at a Deployment whose ReplicaSet is there."""
        annotations = dict(deployment["metadata"]["annotations"])
        self.objects[REPLICA_SETS, NAMESPACE, self.newest].patch({"metadata": {"annotations": annotations}})

    async def _handle(self, request: kmock.Request) -> aiohttp.web.StreamResponse:
        if request.subresource == "log":
            return aiohttp.web.Response(text=self._log(request))
        if request.action == kmock.action.UPDATE:
            return aiohttp.web.json_response(self._patched(request))
        if request.action == kmock.action.LIST:
            return aiohttp.web.json_response({"metadata": {"resourceVersion": "1"}, "items": self._listed(request)})
        if request.action == kmock.action.FETCH and request.name == NAME:
            self._pass_time()
        return await super()._handle(request)

    def _patched(self, request: kmock.Request) -> Json:
        if request.headers["Content-Type"] != "application/strategic-merge-patch+json":
            raise KubernetesError(415, "UnsupportedMediaType", "only strategic merges are played")
        if self.before_patch is not None:
            self.before_patch()
        wanted = request.data.get("metadata", {}).get("resourceVersion")
        if wanted is not None and wanted != self.deployment["metadata"]["resourceVersion"]:
            message = f'Operation cannot be fulfilled on deployments.apps "{NAME}": the object has been modified'
            raise KubernetesError(409, "Conflict", message)
        after = merged(self.deployment, request.data)
        for variable in after["spec"]["template"]["spec"]["containers"][0].get("env", []):
            if not isinstance(variable.get("value", ""), str) or not variable["name"]:
                raise KubernetesError(422, "Invalid", f'Deployment.apps "{NAME}" is invalid: spec.template: env')
        return after if request.params.get("dryRun") == "All" else self.change(request.data)

    def _listed(self, request: kmock.Request) -> list[Json]:
        wanted = dict(pair.split("=") for pair in request.params.get("labelSelector", "").split(",") if pair)
        found = [
            obj.raw
            for (resource, namespace, _), obj in self.objects.items()
            if (resource, namespace) == (request.resource, request.namespace) and not obj.deleted
        ]
        return [one for one in found if wanted.items() <= one["metadata"]["labels"].items()]

    def _log(self, request: kmock.Request) -> str:
        if request.params.get("previous") == "true" and not self.objects[PODS, NAMESPACE, str(request.name)]["status"][
            "containerStatuses"
        ][0].get("restartCount"):
            raise KubernetesError(400, "BadRequest", "previous terminated container not found")
        return self.logs.get(str(request.name), "")

    def _pass_time(self) -> None:
        """What the controllers do between two looks at the Deployment."""
        if self.pending == SCHEDULING_PHASES:
            self.roll_out()
        self.pending = max(0, self.pending - 1)
        if self.pending == 0 and self.deployment["status"].get("unavailableReplicas"):
            self.settle()

    def finish(self) -> None:
        """What was changed last is rolled out."""
        self.pending = 0
        self.roll_out()
        self.settle()

    def roll_out(self) -> None:
        """There are a ReplicaSet and a pod for the newest template, and the status has seen it.

        Its conditions are those of the rollout before, until this one gets on.
        """
        deployment = self.deployment
        template = deployment["spec"]["template"]
        name = f"{NAME}-{hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:8]}"
        revision = str(int(deployment["metadata"]["annotations"].get(REVISION, "0")) + 1)
        deployment["metadata"]["annotations"][REVISION] = revision
        self._replica_set(name, copy.deepcopy(template), dict(deployment["metadata"]["annotations"]))
        self.newest, self.newest_pod = name, f"{name}-{revision}"
        self._pod(name)
        deployment["status"] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": 2,
            "updatedReplicas": 1,
            "availableReplicas": 1,
            "unavailableReplicas": 1,
            "conditions": deployment.get("status", {}).get("conditions", [_progressing("ReplicaSetUpdated")]),
        }
        self._keep(deployment)

    def settle(self) -> None:
        """The new pod serves, and the old one is gone; or it dies again and again."""
        deployment, pod = self.deployment, self.objects[PODS, NAMESPACE, self.newest_pod]
        if self.words is not None:
            waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}
            pod["status"] = {"containerStatuses": [self._container(waiting=waiting)]}
            self.logs[self.newest_pod] = self.words
            return
        pod["status"] = {"containerStatuses": [self._container(waiting=None)]}
        for (resource, _, name), other in list(self.objects.items()):
            if resource == kmock.resource(PODS) and name != self.newest_pod and not other.deleted:
                other.delete()
        conditions = [_progressing("NewReplicaSetAvailable")]
        status = {**deployment["status"], "replicas": 1, "availableReplicas": 1, "conditions": conditions}
        del status["unavailableReplicas"]
        self._keep({**deployment, "status": status})

    def _container(self, *, waiting: Json | None) -> Json:
        state = {"waiting": waiting} if waiting else {"running": {"startedAt": self._stamp()}}
        return {"name": NAME, "ready": waiting is None, "restartCount": 1 if waiting else 0, "state": state}

    def _replica_set(self, name: str, template: Json, annotations: Json) -> None:
        if (kmock.resource(REPLICA_SETS), NAMESPACE, name) in self.objects:
            self.objects[REPLICA_SETS, NAMESPACE, name].patch({"metadata": {"annotations": annotations}})
            return
        metadata = self._metadata(name, "d-1") | {"annotations": annotations}
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": NAME}}, "template": template}
        self.objects[REPLICA_SETS, NAMESPACE, name] = {"metadata": metadata, "spec": spec, "status": {}}

    def _pod(self, replica_set: str) -> None:
        status = {"containerStatuses": [self._container(waiting={"reason": "ContainerCreating"})]}
        status["containerStatuses"][0]["restartCount"] = 0
        metadata = self._metadata(self.newest_pod, f"uid-{replica_set}")
        self.objects[PODS, NAMESPACE, self.newest_pod] = {"metadata": metadata, "status": status}

    def _metadata(self, name: str, owner: str) -> Json:
        self.born += timedelta(minutes=1)
        return {
            "name": name,
            "namespace": NAMESPACE,
            "uid": f"uid-{name}",
            "labels": {"app": NAME},
            "creationTimestamp": self._stamp(),
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME, "uid": owner}],
        }

    def _stamp(self) -> str:
        return self.born.strftime("%Y-%m-%dT%H:%M:%SZ")
