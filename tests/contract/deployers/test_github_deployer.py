"""A deploy workflow that is lost, cancelled, slow, or somebody else's, and orders given twice (M1, M2, M3)."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from fastapi import HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import JsonValue

from steadyhand.clients.deployers.github_history import GitHubHistory
from steadyhand.clients.github import GitHubDeployment, GitHubRepository, NotAllowed, NotThere
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.domain.record import utc_now
from steadyhand.errors import ChangeRefused, ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.mitigations import converge
from steadyhand.rehearsal.neighbours import github_happenings as happening
from steadyhand.rehearsal.neighbours.github_state import DeploymentWord, GitHubState, RunState
from tests.contract.target.strange import Answering, drip, endless, never, reply, strange

from .github_world import COMMITS, GitHubWorld, github_world
from .world import EARLIER, MANAGED, ORIGINAL, PLANNER, RELEASE, SCHEDULER

BEFORE = DesiredDeployment(release=RELEASE, environment=ORIGINAL)
OFF = DesiredDeployment(release=RELEASE, environment={**ORIGINAL, PLANNER: "false"})
Happening = Callable[[GitHubState], GitHubState]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[GitHubWorld]:
    """2.7.0 is deployed."""
    async with github_world(tmp_path) as made:
        yield made


def ended_as(world: GitHubWorld, conclusion: str) -> Callable[[RunState], None]:
    """A runner that deploys nothing: the run is over at once."""

    def play(run: RunState) -> None:
        world.change(lambda s: happening.altered(s, run.id, status="completed", conclusion=conclusion))

    return play


def left_alone(_: RunState) -> None:
    """No runner takes the order."""


async def until_ordered(world: GitHubWorld) -> RunState:
    """The order has arrived at GitHub."""
    async with asyncio.timeout(5):
        while not world.state.runs:  # noqa: ASYNC110 - the other side is a file
            await asyncio.sleep(0.01)
    return world.state.runs[0]


async def test_an_order_names_the_whole_state_and_its_run_shows_the_id(world: GitHubWorld) -> None:
    """M2: what the platform team's workflow is given."""
    await world.deployer.apply(OFF)
    run = world.state.runs[0]
    assert run.inputs == {
        "environment": "production",
        "release": RELEASE,
        "variables": '{"PLANNING__ENABLED": "false", "SCHEDULING__BACKEND": "asyncio"}',
        "steadyhand_id": run.inputs["steadyhand_id"],
    }
    assert run.title == f"Deploy {run.inputs['steadyhand_id']}"


async def test_the_commit_is_that_of_the_deployment(world: GitHubWorld) -> None:
    """D7: whose runs are asked for."""
    assert (await world.deployer.state()).commit == COMMITS[RELEASE]


async def test_killed_after_the_order_the_same_run_is_waited_for(world: GitHubWorld) -> None:
    """Rule 3: the run has made its own deployment by then, and is found all the same; nothing is ordered twice."""
    first = asyncio.create_task(world.deployer.apply(OFF))
    await until_ordered(world)
    first.cancel()
    await asyncio.wait({first})
    async with asyncio.timeout(5):
        while len(world.state.deployments) == 2:  # noqa: ASYNC110 - the other side is a file
            await asyncio.sleep(0.01)
    await world.made().apply(OFF)
    assert (await world.deployer.state()).desired == OFF
    assert len(world.state.runs) == await world.rollouts() == 1


async def test_two_of_us_with_the_same_change_order_it_once(world: GitHubWorld) -> None:
    """Rule 3."""
    first = asyncio.create_task(world.deployer.apply(OFF))
    await until_ordered(world)
    await asyncio.gather(first, world.made().apply(OFF))
    assert len(world.state.runs) == 1


async def test_killed_before_the_order_it_is_given_once(world: GitHubWorld) -> None:
    """Rule 3: whatever had been read before does not matter."""
    first = asyncio.create_task(world.deployer.apply(OFF))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first})
    await world.deployer.apply(OFF)
    assert len(world.state.runs) == 1


async def test_a_failed_order_is_given_anew_when_asked_again(world: GitHubWorld) -> None:
    """Rule 3: the run that is over, under the same id, is not taken for the new one."""
    await world.die_at_boot("boom")
    with pytest.raises(ChangeRefused):
        await world.deployer.apply(OFF)
    await world.recover()
    await world.deployer.apply(OFF)
    ids = [run.inputs["steadyhand_id"] for run in world.state.runs]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert (await world.deployer.state()).desired == OFF


async def test_a_run_that_appears_late_is_waited_for_and_no_older_one_taken_for_it(world: GitHubWorld) -> None:
    """Rule 3: GitHub lists a new run only some seconds after the order."""
    world.played = ended_as(world, "failure")
    with pytest.raises(ChangeRefused):
        await world.deployer.apply(OFF)
    hidden: list[RunState] = []

    def hide(run: RunState) -> None:
        hidden.append(run)
        world.change(lambda s: happening.altered(s, run.id, title="not listed yet"))

    world.played = hide
    change = asyncio.create_task(world.deployer.apply(OFF))
    await asyncio.wait({change}, timeout=0.4)
    assert not change.done()
    world.change(lambda s: happening.altered(s, hidden[0].id, title=hidden[0].title))
    world.play(hidden[0])
    await change
    assert (await world.deployer.state()).desired == OFF


async def test_an_order_whose_answer_was_lost_is_followed_all_the_same(world: GitHubWorld) -> None:
    """Rule 3: it had arrived."""

    def lose(run: RunState) -> None:
        world.play(run)
        raise HTTPException(502, "bad gateway")

    world.played = lose
    await world.deployer.apply(OFF)
    assert len(world.state.runs) == await world.rollouts() == 1


async def test_an_order_that_may_not_have_arrived_is_for_a_person_before_the_whole_time_is_over(
    world: GitHubWorld,
) -> None:
    """Rule 4: its run may appear later still, so that nothing may be called back."""

    def swallow(_: RunState) -> None:
        world.change(lambda s: s.model_copy(update={"runs": ()}))
        raise HTTPException(502, "bad gateway")

    world.played = swallow
    with pytest.raises(UnexpectedAnswer, match=r"may not have arrived: .* answered 502: bad gateway.*look for steady"):
        await world.made(timeout_seconds=60).apply(OFF)


async def test_a_run_for_another_change_is_not_waited_for(world: GitHubWorld) -> None:
    """Rule 6: somebody's own order of the same workflow is not ours."""
    workflow = world.state.workflow("deploy.yml")
    assert workflow is not None
    inputs = {"steadyhand_id": "by hand"}
    world.change(
        lambda s: happening.begun(
            s, workflow, "0" * 40, utc_now(), title="Deploy by hand", event="workflow_dispatch", inputs=inputs
        )
    )
    await world.deployer.apply(OFF)
    assert [run.status for run in world.state.runs] == ["queued", "completed"]


@pytest.mark.parametrize("conclusion", ["cancelled", "timed_out", "startup_failure", "action_required"])
async def test_a_run_that_ends_otherwise_is_a_refusal_with_its_address(world: GitHubWorld, conclusion: str) -> None:
    """Rule 5."""
    world.played = ended_as(world, conclusion)
    with pytest.raises(ChangeRefused, match=rf"ended as {conclusion}: http://.*/actions/runs/\d+$"):
        await world.deployer.apply(OFF)


async def test_a_run_that_says_success_but_deployed_nothing_is_for_a_person(world: GitHubWorld) -> None:
    """Rules 4 and 5: proof, not exit codes; but what it did is not known, so that no old state proves it undone."""
    world.played = ended_as(world, "success")
    with pytest.raises(UnexpectedAnswer, match=r"succeeded, but what is deployed is something else .*/actions/runs/"):
        await world.deployer.apply(OFF)


async def test_a_run_that_vanishes_is_for_a_person_with_its_address(world: GitHubWorld) -> None:
    """Rule 4: somebody deleted it, or it is only hidden from us."""
    world.played = left_alone
    change = asyncio.create_task(world.made(timeout_seconds=0.5).apply(OFF))
    run = await until_ordered(world)
    await asyncio.sleep(0.2)
    world.change(lambda s: s.model_copy(update={"runs": ()}))
    with pytest.raises(
        UnexpectedAnswer, match=rf"answered 404.*may still be deployed: look at .*/actions/runs/{run.id}"
    ):
        await change


def answers(method: str, path: str, *odd: Response) -> Callable[[Request], Response | None]:
    """The first questions of this kind are answered so."""
    left = iter(odd)

    def answer(request: Request) -> Response | None:
        return next(left, None) if request.method == method and re.search(path, request.url.path) else None

    return answer


ONE_RUN = r"/actions/runs/\d+$"
ODDITIES = {
    "secondary limit": JSONResponse({"message": "You have exceeded a secondary rate limit"}, 403),
    "token": JSONResponse({"message": "Bad credentials"}, 401),
    "hidden": JSONResponse({"message": "Not Found"}, 404),
    "proxy": HTMLResponse("<html>Blocked</html>"),
    "moved": RedirectResponse("http://127.0.0.1/login", 302),
    "trouble": Response(status_code=503),
}


@pytest.mark.parametrize("oddity", ODDITIES)
async def test_an_odd_answer_while_waiting_does_not_give_up_a_change_that_is_under_way(
    world: GitHubWorld, oddity: str
) -> None:
    """Rules 4 and 6: the run builds, and has deployed nothing yet; it gets its way, and so it must be told."""
    ready = asyncio.Event()

    def answer(request: Request) -> Response | None:
        found = once(request)
        if found is not None:
            ready.set()
        return found

    async def build(run: RunState) -> None:
        await ready.wait()
        await world.work(run)

    once = answers("GET", ONE_RUN, ODDITIES[oddity])
    world.odd = answer
    builds: list[asyncio.Task[None]] = []
    world.played = lambda run: builds.append(asyncio.ensure_future(build(run)))
    await converge.apply(world.deployer, before=BEFORE, after=OFF)
    await asyncio.gather(*builds)
    assert (await world.deployer.state()).desired == OFF


async def test_odd_answers_without_end_are_for_a_person_and_never_a_refusal(world: GitHubWorld) -> None:
    """Rule 4: the run was told to stop, but nobody saw it end."""
    world.played = left_alone
    world.odd = lambda r: ODDITIES["token"] if re.search(ONE_RUN, r.url.path) else None
    with pytest.raises(UnexpectedAnswer, match=r"401: Bad credentials.*may still be deployed: look at http.*/runs/"):
        await world.made(timeout_seconds=0.3).apply(OFF)
    assert [(run.status, run.conclusion) for run in world.state.runs] == [("completed", "cancelled")]


async def test_a_run_that_does_not_stop_when_told_is_for_a_person(world: GitHubWorld) -> None:
    """Rule 4: GitHub takes the cancelling at once, and a job may go on all the same."""
    world.played = world.stopped = left_alone
    with pytest.raises(UnexpectedAnswer, match=r"was not seen to end .*it is queued.*look at http.*/actions/runs/"):
        await world.made(timeout_seconds=0.3).apply(OFF)


async def test_a_run_that_succeeds_although_it_was_told_to_stop_has_deployed(world: GitHubWorld) -> None:
    """Rules 4 and 6: it is told as what it is."""
    world.played = left_alone
    world.stopped = world.play
    await world.made(timeout_seconds=0.3).apply(OFF)
    assert (await world.deployer.state()).desired == OFF


async def test_a_cancelling_that_was_lost_is_sent_again(world: GitHubWorld) -> None:
    """Rule 5."""
    world.played = left_alone
    world.odd = answers("POST", "/cancel$", *ODDITIES.values())
    with pytest.raises(ChangeRefused, match="and ended as cancelled"):
        await world.made(timeout_seconds=0.3).apply(OFF)


async def test_the_former_state_is_called_back_only_once_the_run_is_over(world: GitHubWorld) -> None:
    """Rule 6: the run of the change that took too long does not land after the undoing."""
    world.played = left_alone
    with pytest.raises(ChangeRefused):
        await converge.apply(world.made(timeout_seconds=0.3), before=BEFORE, after=OFF)
    assert [run.status for run in world.state.runs] == ["completed"]
    assert (await converge.put_back(world.deployer, before=BEFORE, after=OFF)).desired == BEFORE


async def hidden_run(world: GitHubWorld) -> RunState:
    """The run of an order whose giver was killed; GitHub does not list it yet, and a new one ends as a failure."""
    ordered: asyncio.Queue[RunState] = asyncio.Queue()

    def hide(run: RunState) -> None:
        world.change(lambda s: happening.altered(s, run.id, title="not listed yet"))
        ordered.put_nowait(run)

    world.played = hide
    first = asyncio.create_task(world.deployer.apply(OFF))
    hidden = await ordered.get()
    first.cancel()
    await asyncio.wait({first})

    def fail(run: RunState) -> None:
        ended_as(world, "failure")(run)
        world.change(lambda s: happening.altered(s, hidden.id, title=hidden.title))

    world.played = fail
    return hidden


async def test_while_another_run_of_the_order_is_under_way_its_failure_is_no_refusal(world: GitHubWorld) -> None:
    """Rules 3 and 4: killed before its run was listed, the first order was given twice, and may still land."""
    hidden = await hidden_run(world)
    with pytest.raises(UnexpectedAnswer, match=rf"ended as failure.*still be deployed: look at .*/runs/{hidden.id}$"):
        await world.made().apply(OFF)


async def test_a_failure_is_no_refusal_where_other_runs_of_the_order_cannot_be_looked_for(world: GitHubWorld) -> None:
    """Rule 4."""

    def fail(run: RunState) -> None:
        ended_as(world, "failure")(run)
        looks = iter([None])
        world.odd = lambda r: next(looks, ODDITIES["trouble"]) if r.url.path.endswith("/runs") else None

    world.played = fail
    with pytest.raises(UnexpectedAnswer, match=r"ended as failure.*whether another run of its order.*answered 503"):
        await world.deployer.apply(OFF)


async def test_an_order_under_way_that_cannot_be_looked_for_is_no_refusal(world: GitHubWorld) -> None:
    """Rules 3 and 4: killed after the order, and GitHub odd afterwards: the first order's run still goes on."""
    world.played = left_alone
    first = asyncio.create_task(world.deployer.apply(OFF))
    await until_ordered(world)
    first.cancel()
    await asyncio.wait({first})
    world.odd = lambda r: ODDITIES["secondary limit"] if r.url.path.endswith("/runs") else None
    with pytest.raises(NotAllowed, match="secondary rate limit"):
        await world.made().apply(OFF)


async def test_an_odd_answer_while_the_run_is_looked_for_is_looked_past(world: GitHubWorld) -> None:
    """Rule 4."""
    looks = iter([None, *ODDITIES.values()])
    world.odd = lambda r: next(looks, None) if r.url.path.endswith("/runs") else None
    await world.deployer.apply(OFF)
    assert len(world.state.runs) == 1


async def test_an_odd_answer_to_the_order_does_not_lose_it(world: GitHubWorld) -> None:
    """Rule 3: it had arrived, and something between us and GitHub made its own answer of it."""

    def garble(run: RunState) -> None:
        world.play(run)
        raise HTTPException(418, "I'm a proxy")

    world.played = garble
    await world.deployer.apply(OFF)
    assert len(world.state.runs) == await world.rollouts() == 1


async def test_a_run_that_takes_too_long_is_cancelled(world: GitHubWorld) -> None:
    """Rule 5: it must not get its way after the former state was put back."""
    world.played = left_alone
    with pytest.raises(ChangeRefused, match=r"still queued after 0\.4 s, and ended as cancelled: http"):
        await world.made(timeout_seconds=0.4).apply(OFF)
    assert [(run.status, run.conclusion) for run in world.state.runs] == [("completed", "cancelled")]


async def test_an_order_whose_run_never_appears_is_for_a_person(world: GitHubWorld) -> None:
    """Rule 4: GitHub took it, and nothing came of it yet."""

    def renamed(run: RunState) -> None:
        world.change(lambda s: happening.altered(s, run.id, title="something else"))

    world.played = renamed
    with pytest.raises(
        UnexpectedAnswer, match=r"no run of deploy\.yml appeared for steadyhand-\w+ \(the order was taken\)"
    ):
        await world.made(timeout_seconds=0.4).apply(OFF)


def switched_off(state: GitHubState) -> GitHubState:
    workflows = (w.model_copy(update={"state": "disabled_manually"}) for w in state.workflows)
    return state.model_copy(update={"workflows": tuple(workflows)})


def without_workflows(state: GitHubState) -> GitHubState:
    return state.model_copy(update={"workflows": ()})


@pytest.mark.parametrize(
    ("how", "reason"), [(switched_off, "it is disabled_manually"), (without_workflows, "answered 404")]
)
async def test_a_workflow_that_cannot_be_run_is_told_by_the_check(
    world: GitHubWorld, how: Happening, reason: str
) -> None:
    """F3: before anybody is asked for a yes."""
    assert await world.deployer.check(OFF) is False
    world.change(how)
    with pytest.raises(ChangeRefused, match=rf"deploy\.yml cannot be run: .*{reason}"):
        await world.deployer.check(OFF)
    with pytest.raises((ChangeRefused, NotThere)):
        await world.deployer.apply(OFF)
    assert await world.rollouts() == 0


async def test_githubs_own_reason_against_an_order_is_told(world: GitHubWorld) -> None:
    """Rule 5."""
    with pytest.raises(ChangeRefused, match="422: No ref found for: release-train"):
        await world.made(ref="release-train").apply(OFF)


@pytest.mark.parametrize("payload", [{}, "", None, {"who": "another tool"}, {"release": "2.8.0"}])
async def test_of_a_deployment_without_our_payload_nothing_is_guessed(world: GitHubWorld, payload: JsonValue) -> None:
    """M1, M2, rule 4: its ref is a branch and no release, and who ships "main" ships whatever is there by then."""
    made = world.deploy(payload, "2.8.0")
    with pytest.raises(UnexpectedAnswer, match=rf"what is deployed is not known: .*deployment {made} \(main, ccccccc"):
        await world.deployer.state()
    with pytest.raises(UnexpectedAnswer, match="what is deployed is not known"):
        await world.deployer.apply(OFF)
    assert world.state.runs == ()


async def test_a_deployment_without_our_payload_is_no_release_to_go_back_to(world: GitHubWorld) -> None:
    """M1."""
    world.deploy({}, "2.8.0")
    world.deploy({"release": "2.9.0", "environment": {}}, "2.9.0")
    assert (await world.deployer.state()).known_good_releases == (RELEASE, EARLIER)


async def test_a_payload_may_be_json_in_a_text(world: GitHubWorld) -> None:
    """M1: GitHub keeps it as it was given."""
    world.deploy('{"release": "2.8.0", "environment": {"SCHEDULING__BACKEND": "sequential"}, "x": 1}', RELEASE)
    found = await world.deployer.state()
    assert (found.release, found.environment) == ("2.8.0", {SCHEDULER: "sequential"})


@pytest.mark.parametrize("word", ["in_progress", "failure", "error", "queued", "pending", None])
async def test_a_newer_deployment_that_does_not_stand_makes_the_target_unhealthy(
    world: GitHubWorld, word: DeploymentWord | None
) -> None:
    """Rule 4: nobody knows what serves just now."""
    world.deploy({"release": "2.8.0", "environment": {}}, "2.8.0", word=word)
    found = await world.deployer.state()
    assert (found.release, found.healthy) == (RELEASE, False)


async def test_the_releases_of_earlier_successes_are_known_good_and_the_profile_knows_better(
    world: GitHubWorld,
) -> None:
    """M1: a release that never came up is not one to go back to."""
    world.deploy({"release": "2.7.1", "environment": {}}, "2.7.1", word="failure")
    world.deploy({"release": "2.8.0", "environment": {}}, "2.8.0")
    assert (await world.deployer.state()).known_good_releases == (RELEASE, EARLIER)
    assert (await world.made(known_good_releases=("1.0.0",)).state()).known_good_releases == ("1.0.0",)


async def test_a_deployment_that_succeeds_between_two_questions_is_found(world: GitHubWorld) -> None:
    """Rule 4: the old one is inactive already, and the new one was not listed yet."""
    changes = iter([world.changed_by_another])

    class Late(GitHubRepository):
        async def deployments(self, environment: str) -> tuple[GitHubDeployment, ...]:
            found = await super().deployments(environment)
            for change in changes:
                await change()
            return found

    settings = world.made()._settings
    history = GitHubHistory(settings, environment="production", managed=MANAGED, health_url=None, healthy=("ok",))
    async with Late(
        settings.repository, api_url=world.url, token=settings.token, seconds=2, max_bytes=1_000_000, table="deployer"
    ) as github:
        found = (await history.read(github)).deployment
    assert (found.environment[SCHEDULER], found.healthy) == ("sequential", True)


async def test_an_environment_without_any_deployment_is_not_guessed_at(world: GitHubWorld) -> None:
    """Rule 4."""
    with pytest.raises(UnexpectedAnswer, match="no deployment of the environment 'staging' that stands as a success"):
        await world.made(environment="staging").state()


async def test_the_orchestrators_own_health_counts_too(world: GitHubWorld) -> None:
    """Rule 5: GitHub's success is not the orchestrator's."""
    for answer, healthy in {
        reply(200, '{"status": "ok"}'): True,
        reply(200, '{"status": "degraded"}'): False,
        reply(503, "away"): False,
        never: False,
    }.items():
        async with strange(answer) as service:
            deployer = world.made(health_url=service.url, request_timeout_seconds=0.5)
            assert (await deployer.state()).healthy is healthy


async def test_a_log_comes_from_the_storage_without_our_token_and_is_bounded(world: GitHubWorld) -> None:
    """Rule 8: its end matters, and Postgres takes no NUL; the stand-in's storage refuses whoever brings a token."""
    await world.die_at_boot("x" * 5000 + " the true\0reason")
    with pytest.raises(ChangeRefused) as refused:
        await world.deployer.apply(OFF)
    assert "the true\N{REPLACEMENT CHARACTER}reason" in refused.value.last_words
    assert len(refused.value.last_words) <= 2000


async def test_a_log_that_is_gone_does_not_hide_the_refusal(world: GitHubWorld) -> None:
    """Rule 5."""

    def play(run: RunState) -> None:
        world.change(lambda s: happening.finished(s, run.id, {"deploy": "failure"}))
        jobs = tuple(job.model_copy(update={"log": None}) for job in (world.state.run(run.id) or run).jobs)
        world.change(lambda s: happening.altered(s, run.id, jobs=jobs))

    world.played = play
    with pytest.raises(ChangeRefused, match="ended as failure") as refused:
        await world.deployer.apply(OFF)
    assert refused.value.last_words == "(the log could not be read: NotThere)"


@pytest.mark.parametrize("answer", [never, drip, reply(502, "<html>bad gateway"), reply(429, "{}")])
async def test_a_github_that_does_not_answer_is_worth_another_look(world: GitHubWorld, answer: Answering) -> None:
    """Rule 4."""
    async with strange(answer) as server:
        with pytest.raises(TransientError):
            await world.made(api_url=server.url, request_timeout_seconds=0.3).state()


@pytest.mark.parametrize("answer", [endless, reply(200, "<html>login"), reply(200, "{}"), reply(401, "{}")])
async def test_a_github_that_is_none_is_told(world: GitHubWorld, answer: Answering) -> None:
    """Rule 4."""
    async with strange(answer) as server:
        with pytest.raises(UnexpectedAnswer):
            await world.made(api_url=server.url).state()


async def test_a_token_that_cannot_be_sent_is_not_told(world: GitHubWorld) -> None:
    """Rule 8: a message holds no secret."""
    (world.file.parent / "token").write_text("ghp_secret\nsecond line")
    with pytest.raises(ConfigurationError, match=r"deployer\.token refers to is no token") as told:
        await world.deployer.state()
    assert "ghp_secret" not in str(told.value)
