"""A Deployment of a cluster, beyond the contract of all deployers (M1, M2, M3)."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kmock import KubernetesError

from steadyhand.clients.deployers.cluster_pods import ContainerStatus, Pod, PodStatus
from steadyhand.clients.deployers.cluster_wire import Metadata
from steadyhand.clients.deployers.image import release_of, with_release
from steadyhand.clients.deployers.kubernetes import KubernetesDeployment
from steadyhand.clients.deployers.kubernetes_spec import VERSION
from steadyhand.clients.deployers.rollout import hopeless
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.errors import ChangeRefused, ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.profile import KubernetesDeployer
from tests.contract.target.strange import Answering, by_path, drip, endless, never, reply, strange

from .kubernetes_world import IMAGE, KubernetesWorld, deployment, kubernetes_world, write_kubeconfig
from .played_cluster import NAME, NAMESPACE, PODS
from .world import EARLIER, MANAGED, ORIGINAL, PLANNER, RELEASE, SCHEDULER, SECRET

BEFORE = DesiredDeployment(release=RELEASE, environment=ORIGINAL)
OFF = DesiredDeployment(release=RELEASE, environment={**ORIGINAL, PLANNER: "false"})
DIGEST = "sha256:" + "0123456789abcdef" * 4
PATH = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{NAME}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[KubernetesWorld]:
    """A Deployment that is rolled out."""
    async with kubernetes_world(tmp_path) as made:
        yield made


def quota() -> None:
    """The API says no to a patch."""
    raise KubernetesError(403, "Forbidden", "exceeded quota: pods")


def only_the_former_state_comes_up(world: KubernetesWorld) -> None:
    """What is there now dies for as long as it is there."""

    def recover() -> None:
        world.cluster.words = None

    world.cluster.before_patch = recover


def containers(world: KubernetesWorld) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.cluster.deployment["spec"]["template"]["spec"]["containers"]
    return found


async def test_nothing_but_the_image_and_our_variables_is_changed(world: KubernetesWorld) -> None:
    """M1, M2: the target's secrets, ports and references stay."""
    before = containers(world)[0]
    await world.deployer.apply(OFF.model_copy(update={"release": EARLIER}))
    after = containers(world)[0]
    assert after["image"] == f"{IMAGE}:{EARLIER}"
    off = {"name": PLANNER, "value": "false"}
    assert after["env"] == [off if one["name"] == PLANNER else one for one in before["env"]]
    assert {**after, "env": 0, "image": 0} == {**before, "env": 0, "image": 0}
    cause = world.cluster.deployment["metadata"]["annotations"]["kubernetes.io/change-cause"]
    assert cause == f"steadyhand: {EARLIER} {PLANNER}=false {SCHEDULER}=asyncio"
    assert SECRET not in cause


async def test_the_commit_goes_with_the_release(world: KubernetesWorld) -> None:
    """M1: after a rollback the commit is that of the release that runs."""
    assert (await world.deployer.state()).commit == f"commit-of-{RELEASE}"
    await world.deployer.apply(BEFORE.model_copy(update={"release": EARLIER}))
    assert (await world.deployer.state()).commit == f"commit-of-{EARLIER}"
    await world.deployer.apply(BEFORE)
    assert (await world.deployer.state()).commit == f"commit-of-{RELEASE}"


async def test_what_was_rolled_back_from_is_no_release_to_go_back_to(world: KubernetesWorld) -> None:
    """M1: nor is one that never came up."""
    await world.die_at_boot("no")
    with pytest.raises(ChangeRefused):
        await world.deployer.apply(BEFORE.model_copy(update={"release": "2.8.0"}))
    await world.recover()
    await world.deployer.apply(BEFORE)
    assert (await world.deployer.state()).known_good_releases == (EARLIER,)
    world.set(image=f"{IMAGE}:2.9.0")
    assert (await world.deployer.state()).known_good_releases == (RELEASE, EARLIER)
    await world.deployer.apply(BEFORE)
    await world.deployer.apply(BEFORE.model_copy(update={"release": EARLIER}))
    assert (await world.deployer.state()).known_good_releases == ()


async def test_a_release_that_nobody_saw_come_up_is_no_release_to_go_back_to(world: KubernetesWorld) -> None:
    """M1: a ReplicaSet does not tell whether it ever served; a pipeline notes it, and so do we."""
    world.set(image=f"{IMAGE}:2.8.0")
    world.set(image=f"{IMAGE}:2.8.1")
    assert (await world.deployer.state()).known_good_releases == (RELEASE, EARLIER)
    await world.deployer.apply(BEFORE.model_copy(update={"release": "2.8.2"}))
    world.set(image=f"{IMAGE}:2.9.0")
    assert (await world.deployer.state()).known_good_releases == ("2.8.2", RELEASE, EARLIER)


async def test_a_change_stands_where_nothing_can_be_noted_of_it(world: KubernetesWorld) -> None:
    """Rule 7: what is noted is a help for later."""

    def only_the_first() -> None:
        world.cluster.before_patch = quota

    world.cluster.before_patch = only_the_first
    await world.deployer.apply(BEFORE.model_copy(update={"release": "2.8.0"}))
    found = await world.deployer.state()
    assert (found.release, found.healthy) == ("2.8.0", True)


async def test_the_commit_of_a_rollback_says_nothing_of_what_a_pipeline_deploys_later(world: KubernetesWorld) -> None:
    """M1: nor does a note that names no release."""
    await world.deployer.apply(BEFORE.model_copy(update={"release": EARLIER}))
    world.cluster.change({"metadata": {"labels": {VERSION: "commit-of-2.8.0"}}})
    world.set(image=f"{IMAGE}:2.8.0")
    assert (await world.deployer.state()).commit == "commit-of-2.8.0"
    world.cluster.change({"metadata": {"annotations": {"steadyhand/commit": "commit-of-anything"}}})
    assert (await world.deployer.state()).commit == "commit-of-2.8.0"


async def test_a_label_of_the_release_before_is_no_commit_of_the_rollback_and_comes_back(
    world: KubernetesWorld,
) -> None:
    """M1: a rollback leaves the label as it is; unknown is not the other release's."""
    world.cluster.change({"metadata": {"labels": {VERSION: "commit-of-2.8.0"}}})
    world.set(image=f"{IMAGE}:2.8.0")
    before = await world.deployer.state()
    await world.deployer.apply(BEFORE.model_copy(update={"release": "2.6.0"}))
    assert (await world.deployer.state()).commit == ""
    await world.deployer.apply(before.desired)
    assert await world.deployer.state() == before


async def test_a_commit_that_nobody_knows_leaves_no_note(world: KubernetesWorld) -> None:
    """M1: an empty one would say something."""
    world.cluster.change({"metadata": {"annotations": {"steadyhand/commit": None}}})
    await world.deployer.apply(BEFORE.model_copy(update={"release": "2.6.0"}))
    assert (await world.deployer.state()).commit == ""
    assert "steadyhand/commit" not in world.cluster.deployment["metadata"]["annotations"]


async def test_known_good_releases_of_the_profile_go_first(world: KubernetesWorld) -> None:
    """M1."""
    deployer = world.with_settings(known_good_releases=("2.6.9",))
    assert (await deployer.state()).known_good_releases == ("2.6.9",)


async def test_a_status_that_changed_meanwhile_is_read_again(world: KubernetesWorld) -> None:
    """Rule 3: every write of the controller is a new version."""
    conflicts = 2

    def status_changes() -> None:
        nonlocal conflicts
        if conflicts:
            conflicts -= 1
            world.cluster.change({"status": {"observedGeneration": 2 + conflicts}})

    world.cluster.before_patch = status_changes
    await world.deployer.apply(OFF)
    assert (conflicts, (await world.deployer.state()).desired) == (0, OFF)


async def test_a_change_that_comes_between_is_not_overwritten(world: KubernetesWorld) -> None:
    """Rule 6."""

    def somebody_edits() -> None:
        world.cluster.before_patch = None
        world.set({"name": SCHEDULER, "value": "theirs"})

    world.cluster.before_patch = somebody_edits
    with pytest.raises(ChangeRefused, match="somebody changed the Deployment just now"):
        await world.deployer.apply(OFF)
    assert (await world.deployer.state()).environment == {**ORIGINAL, SCHEDULER: "theirs"}


async def test_the_api_says_no_to_a_check_and_nothing_is_changed(world: KubernetesWorld) -> None:
    """Rule 1: a dry run on the server."""

    def invalid() -> None:
        raise KubernetesError(422, "Invalid", 'Deployment.apps "orchestrator" is invalid: image')

    assert await world.deployer.check(OFF) is True
    world.cluster.before_patch = invalid
    with pytest.raises(ChangeRefused) as refused:
        await world.deployer.check(OFF)
    assert refused.value.last_words == 'Deployment.apps "orchestrator" is invalid: image'
    world.cluster.before_patch = quota
    with pytest.raises(UnexpectedAnswer, match=r"not allow us to `patch deployments`.*exceeded quota"):
        await world.deployer.check(OFF)
    with pytest.raises(ChangeRefused, match="exceeded quota"):
        await world.deployer.apply(OFF)
    assert await world.rollouts() == 0


@pytest.mark.parametrize(("spec", "why"), [({"replicas": 0}, "scaled to nothing"), ({"paused": True}, "paused")])
async def test_a_deployment_that_would_not_roll_out_is_not_changed(
    world: KubernetesWorld, spec: dict[str, Any], why: str
) -> None:
    """Rule 5: it would be asked for, and never serve."""
    world.cluster.change({"spec": spec})
    assert not (await world.deployer.state()).healthy
    with pytest.raises(ChangeRefused, match=why):
        await world.deployer.apply(OFF)
    assert await world.rollouts() == 0


GAVE_UP = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": "ReplicaSet has timed out progressing.",
}


async def test_a_rollout_that_the_controller_gave_up_is_told(world: KubernetesWorld) -> None:
    """Rule 5: ProgressDeadlineExceeded."""
    world.cluster.change({"status": {"conditions": [GAVE_UP], "updatedReplicas": 0}})
    assert not (await world.deployer.state()).healthy
    with pytest.raises(ChangeRefused, match="ProgressDeadlineExceeded: ReplicaSet has timed out"):
        await world.deployer.apply(BEFORE)


async def test_a_failure_that_is_still_told_of_the_rollout_before_does_not_fail_the_undoing(
    world: KubernetesWorld,
) -> None:
    """Rule 5: the condition stands until the new rollout makes its first progress."""
    await world.die_at_boot("no")
    with pytest.raises(ChangeRefused):
        await world.deployer.apply(OFF)
    world.cluster.change({"status": {"conditions": [GAVE_UP]}})
    only_the_former_state_comes_up(world)
    await world.deployer.apply(BEFORE)
    found = await world.deployer.state()
    assert (found.desired, found.healthy) == (BEFORE, True)


@pytest.mark.parametrize("ready", [True, False])
async def test_a_pod_that_restarted_long_ago_does_not_fail_the_undoing(world: KubernetesWorld, *, ready: bool) -> None:
    """Rule 5: putting back takes up the old ReplicaSet again, whose pods may have served for months."""
    old = world.cluster.objects[PODS, NAMESPACE, world.cluster.newest_pod]
    old["status"] = {"containerStatuses": [{"name": NAME, "ready": ready, "restartCount": 7, "state": {}}]}
    await world.die_at_boot("no")
    with pytest.raises(ChangeRefused, match="do not come up"):
        await world.deployer.apply(OFF)
    only_the_former_state_comes_up(world)
    await world.deployer.apply(BEFORE)
    found = await world.deployer.state()
    assert (found.desired, found.healthy) == (BEFORE, True)


@pytest.mark.parametrize(
    ("ready", "deaths", "before", "expected"),
    [(False, 2, 0, True), (False, 1, 0, False), (False, 9, 7, True), (False, 8, 7, False), (True, 9, 0, False)],
)
def test_a_container_is_given_up_for_deaths_since_the_change(
    *, ready: bool, deaths: int, before: int, expected: bool
) -> None:
    """Rule 5: one is forgiven, and one that is ready serves."""
    metadata = Metadata(name="p", uid="u", creationTimestamp=datetime(2024, 5, 1, tzinfo=UTC))
    container = ContainerStatus(name=NAME, ready=ready, restartCount=deaths)
    pod = Pod(metadata=metadata, status=PodStatus(containerStatuses=(container,)))
    assert (hopeless(pod, {("u", NAME): before}) is not None) is expected


async def test_a_change_that_somebody_takes_back_while_it_rolls_out_is_no_success(world: KubernetesWorld) -> None:
    """Rule 5, rule 6: a GitOps controller heals the Deployment to what its repository says."""
    asked = world.cluster.roll_out

    def heals() -> None:
        world.cluster.roll_out = asked  # type: ignore[method-assign]
        world.set({"name": PLANNER, "value": "true"})

    world.cluster.roll_out = heals  # type: ignore[method-assign]
    with pytest.raises(ChangeRefused, match="somebody changed the Deployment while it was rolled out"):
        await world.deployer.apply(OFF)
    found = await world.deployer.state()
    assert (found.desired, found.healthy) == (BEFORE, True)


async def test_a_rollout_that_takes_too_long_is_given_up_with_the_pods_predicament(world: KubernetesWorld) -> None:
    """Rule 5: nothing dies, and nothing serves."""
    world.cluster.settle = lambda: None  # type: ignore[method-assign]
    with pytest.raises(ChangeRefused, match=r"not rolled out after 1 s") as refused:
        await world.with_settings(timeout_seconds=1.0).apply(OFF)
    assert "ContainerCreating" in refused.value.last_words


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [({"name": PLANNER, "value": None, "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}, "valueFrom")],
)
async def test_a_variable_that_comes_from_elsewhere_is_not_guessed(
    world: KubernetesWorld, entry: dict[str, Any], complaint: str
) -> None:
    """Rule 4: it could not be put back as it was."""
    world.set(entry)
    with pytest.raises(UnexpectedAnswer, match=f"{PLANNER}.*{complaint}"):
        await world.deployer.state()


async def test_a_missing_deployment_and_a_missing_container_are_named(world: KubernetesWorld) -> None:
    """The profile is wrong; trying again cannot help."""
    with pytest.raises(UnexpectedAnswer, match="404 to `get deployments` in namespace shop"):
        await world.with_settings(deployment="other").state()
    with pytest.raises(ConfigurationError, match=r"no container 'web'.*only orchestrator"):
        await world.with_settings(container="web").state()
    containers_ = [{"name": "proxy", "image": "envoy:1"}]
    world.cluster.change({"spec": {"template": {"spec": {"containers": containers_}}}})
    with pytest.raises(ConfigurationError, match=r"deployer\.container"):
        await world.deployer.state()
    assert (await world.with_settings(container=NAME).state()).desired == BEFORE


async def test_a_hostile_release_changes_nothing(world: KubernetesWorld) -> None:
    """Rule 8: no other image, and no other registry."""
    for release in ("evil/image:1", "1 --privileged", "@evil", "2.7.0\n", ""):
        with pytest.raises((ChangeRefused, ValueError)):
            await world.deployer.apply(DesiredDeployment(release=release, environment=ORIGINAL))
    assert await world.rollouts() == 0


@pytest.mark.parametrize(
    ("image", "release", "other"),
    [
        ("orchestrator:2.7.0", "2.7.0", "orchestrator:2.6.4"),
        ("host:5000/team/orchestrator:2.7.0", "2.7.0", "host:5000/team/orchestrator:2.6.4"),
        ("host:5000/team/orchestrator", "latest", "host:5000/team/orchestrator:2.6.4"),
        (f"host:5000/orchestrator@{DIGEST}", DIGEST, "host:5000/orchestrator:2.6.4"),
        (f"orchestrator:2.7.0@{DIGEST}", f"2.7.0@{DIGEST}", "orchestrator:2.6.4"),
    ],
)
def test_the_release_is_what_stands_behind_the_images_name(image: str, release: str, other: str) -> None:
    """M1: tags, digests, both or neither, and registries with a port."""
    assert release_of(image) == release
    assert with_release(image, "2.6.4") == other
    assert release_of(with_release(other, release)) == release


def against(url: str, directory: Path) -> KubernetesDeployment:
    """A deployer that asks this server."""
    settings = KubernetesDeployer(
        namespace=NAMESPACE, kubeconfig=write_kubeconfig(directory / "kubeconfig", url), request_timeout_seconds=1.0
    )
    return KubernetesDeployment(settings, managed=MANAGED)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (reply(401, '{"message": "Unauthorized"}'), UnexpectedAnswer, "not allow us to `get deployments`"),
        (reply(403, '{"message": "no access to apps"}'), UnexpectedAnswer, "no access to apps"),
        (reply(404, "{}"), UnexpectedAnswer, "404"),
        (reply(429, "{}"), TransientError, "429"),
        (reply(500, '{"message": "etcd is away"}'), TransientError, "etcd is away"),
        (reply(200, "<html>"), UnexpectedAnswer, "something else than documented"),
        (reply(200, "{}"), UnexpectedAnswer, "metadata"),
        (never, TransientError, "within 1 s"),
        (drip, TransientError, "within 1 s"),
        (endless, UnexpectedAnswer, "more than 10000000 bytes"),
    ],
)
async def test_a_strange_api_is_told_in_our_words(
    answer: Answering, kind: type[Exception], words: str, tmp_path: Path
) -> None:
    """Rule 4."""
    async with strange(answer) as server:
        with pytest.raises(kind, match=words):
            await against(server.url, tmp_path).state()
        with pytest.raises(ChangeRefused):
            await against(server.url, tmp_path).apply(OFF)


async def test_without_the_right_to_list_replica_sets_the_permission_is_named(tmp_path: Path) -> None:
    """Rule 4: the message is what to ask an administrator for."""
    found = deployment(RELEASE)
    found["metadata"].update(uid="1", creationTimestamp="2024-05-01T00:00:00Z")

    async with strange(by_path({PATH: reply(200, json.dumps(found))}, reply(403, '{"message": "no"}'))) as server:
        with pytest.raises(UnexpectedAnswer, match="`list replicasets` in namespace shop"):
            await against(server.url, tmp_path).state()


@pytest.mark.parametrize("content", ["", "not: [valid", "- a\n- b\n", "{}", "a string"])
async def test_credentials_that_make_no_sense_are_told(content: str, tmp_path: Path) -> None:
    """The machine is not as it must be."""
    (tmp_path / "kubeconfig").write_text(content)
    deployer = KubernetesDeployment(KubernetesDeployer(kubeconfig=tmp_path / "kubeconfig"), managed=MANAGED)
    with pytest.raises(ConfigurationError, match="no credentials for Kubernetes"):
        await deployer.state()


async def test_absent_credentials_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a kubeconfig nor a pod's service account."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(ConfigurationError, match="no credentials for Kubernetes"):
        await KubernetesDeployment(KubernetesDeployer(), managed=MANAGED).state()
    absent = KubernetesDeployer(kubeconfig=tmp_path / "absent")
    with pytest.raises(ConfigurationError, match="no credentials for Kubernetes"):
        await KubernetesDeployment(absent, managed=MANAGED).state()
