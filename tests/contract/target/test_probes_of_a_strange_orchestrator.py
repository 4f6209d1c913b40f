"""Probes of an orchestrator that is down, behind something else, slow, huge or hostile say so and never raise."""

import json
import time

import pytest

from steadyhand.clients.orchestrator import TaskQueue
from steadyhand.domain.evidence import Verdict
from steadyhand.errors import TransientError
from steadyhand.probes import REGISTRY, task_queue
from steadyhand.probes.probe import Probe, ask
from steadyhand.profile import Orchestrator
from steadyhand.stack.ports import LOOPBACK, free_port

from .cases import IMPATIENT, alert, case, target_profile
from .strange import Answering, by_path, drip, endless, never, reply, strange

REACHABILITY, RECENT_TASKS, TASK_QUEUE = (REGISTRY[n] for n in ("reachability", "recent_tasks", "task_queue"))
ALL = pytest.mark.parametrize("probe", [REACHABILITY, RECENT_TASKS, TASK_QUEUE], ids=lambda p: p.name)
LOOKING = pytest.mark.parametrize("probe", [RECENT_TASKS, TASK_QUEUE], ids=lambda p: p.name)
HTML = reply(200, "<!doctype html><html><title>Welcome to nginx!</title></html>", "text/html")
HEALTHY = {"/api/v1/health": reply(200, '{"status": "ok", "release": "2.7.0"}')}
METRICS = {"/metrics": reply(200, "# TYPE a counter\na 1\n# TYPE b gauge\nb 2\n", "text/plain")}

TROUBLES: dict[str, tuple[Answering, str]] = {
    "500": (reply(500, '{"detail": "boom"}'), "answered 500: "),
    "503": (reply(503, "upstream is gone", "text/plain"), "answered 503: upstream is gone"),
    "never": (never, "gave no whole answer within 0.6 s"),
    "drips": (drip, "gave no whole answer within 0.6 s"),
}
STRANGE: dict[str, tuple[Answering, str]] = {
    "html": (HTML, "something else than documented"),
    "404": (reply(404, '{"detail": "Not Found"}'), "answered 404: "),
    "401": (reply(401, '{"detail": "who are you"}'), "answered 401: "),
    "endless": (endless, "more than 50000 bytes; reading was stopped"),
    "empty": (reply(200, ""), "something else than documented"),
    "list of numbers": (reply(200, "[1, 2]"), "something else than documented"),
    "other object": (reply(200, '{"hello": "world"}'), "something else than documented"),
    "null": (reply(200, "null"), "something else than documented"),
    "not utf-8": (reply(200, b"\xff\xfe\x00{"), "something else than documented"),
    "deep": (reply(200, "[" * 20_000), "something else than documented"),
}


async def test_reachability_of_a_refused_connection_is_bad() -> None:
    """F4: that nobody answers is itself the finding."""
    finding = await ask(REACHABILITY, case(target_profile(f"http://{LOOPBACK}:{free_port()}")), last_try=False)
    assert finding.verdict is Verdict.BAD
    assert finding.facts == {"reachable": False}
    assert finding.summary.startswith("not reachable: GET http://127.0.0.1:")


@LOOKING
async def test_a_refused_connection_leaves_the_other_questions_unknown(probe: Probe) -> None:
    """Rule 4."""
    finding = await ask(probe, case(target_profile(f"http://{LOOPBACK}:{free_port()}")), last_try=True)
    assert finding.verdict is Verdict.UNKNOWN
    assert "could not look: GET http://127.0.0.1:" in finding.summary
    assert "failed" in finding.summary


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_reachability_of_a_troubled_orchestrator_is_bad_with_the_true_reason(trouble: str) -> None:
    """F4."""
    answer, reason = TROUBLES[trouble]
    async with strange(answer) as server:
        finding = await ask(REACHABILITY, case(target_profile(server.url)), last_try=True)
    answered = trouble in {"500", "503"}
    assert (finding.verdict, finding.facts["reachable"]) == (Verdict.BAD, answered), "503 is an answer, too"
    assert reason in finding.summary
    assert finding.seconds < 3


@LOOKING
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_troubled_orchestrator_leaves_the_other_questions_unknown(probe: Probe, trouble: str) -> None:
    """D1, D2, rule 4."""
    answer, reason = TROUBLES[trouble]
    async with strange(answer) as server:
        finding = await ask(probe, case(target_profile(server.url)), last_try=True)
    assert finding.verdict is Verdict.UNKNOWN
    assert reason in finding.summary
    assert (finding.probe, finding.requirement, finding.branch) == (probe.name, probe.requirement, probe.branch)


@LOOKING
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_that_may_pass_is_raised_while_there_are_tries_left(probe: Probe, trouble: str) -> None:
    """Rule 7: Prefect's retries are the only ones, and they need an exception."""
    answer, reason = TROUBLES[trouble]
    async with strange(answer) as server:
        with pytest.raises(TransientError, match=reason):
            await ask(probe, case(target_profile(server.url)), last_try=False)
        assert len(server.asked) == 1


@ALL
@pytest.mark.parametrize("oddity", STRANGE)
async def test_an_answer_outside_the_contract_is_unknown_and_asked_for_only_once(probe: Probe, oddity: str) -> None:
    """Rule 4; asking again cannot help, so nothing is raised even with tries left."""
    answer, reason = STRANGE[oddity]
    async with strange(answer) as server:
        finding = await ask(probe, case(target_profile(server.url)), last_try=False)
        assert len(server.asked) == 1
    assert finding.verdict is Verdict.UNKNOWN
    assert reason in finding.summary


@ALL
async def test_a_redirect_to_a_login_page_is_told_and_not_followed(probe: Probe) -> None:
    """Rules 4 and 8: only the address in the profile is asked."""
    async with (
        strange(HTML) as login,
        strange(reply(302, "", headers={"Location": f"{login.url}/login"})) as server,
    ):
        finding = await ask(probe, case(target_profile(server.url)), last_try=False)
        assert login.asked == []
        assert len(server.asked) == 1
    assert finding.verdict is Verdict.UNKNOWN
    assert "answered 302" in finding.summary


async def test_a_page_where_metrics_should_be_is_not_taken_for_metrics() -> None:
    """F4: health answers, /metrics is a proxy's page."""
    async with strange(by_path(HEALTHY | {"/metrics": HTML})) as server:
        finding = await ask(REACHABILITY, case(target_profile(server.url)), last_try=True)
    assert finding.verdict is Verdict.UNKNOWN
    assert "/metrics answered, but not in Prometheus' text format" in finding.summary


async def test_reachability_is_ok_only_when_health_says_ok() -> None:
    """F4."""
    async with strange(by_path(HEALTHY | METRICS)) as server:
        good = await ask(REACHABILITY, case(target_profile(server.url + "/")), last_try=True)
        assert server.asked == ["/api/v1/health", "/metrics"]
    async with strange(by_path({"/api/v1/health": reply(200, '{"status": "degraded"}')} | METRICS)) as server:
        poor = await ask(REACHABILITY, case(target_profile(server.url)), last_try=True)
    assert (good.verdict, good.facts["metric_families"]) == (Verdict.OK, 2)
    assert (poor.verdict, poor.facts["reachable"]) == (Verdict.BAD, True)
    assert "'degraded'" in poor.summary


async def test_a_health_status_of_many_kilobytes_is_told_in_short() -> None:
    """Rules 4 and 8."""
    health = reply(200, json.dumps({"status": "bad " * 5000}))
    async with strange(by_path({"/api/v1/health": health} | METRICS)) as server:
        finding = await ask(REACHABILITY, case(target_profile(server.url)), last_try=True)
    assert finding.verdict is Verdict.BAD
    assert len(finding.summary) <= 2000


@ALL
async def test_an_answer_in_an_encoding_that_is_no_text_encoding_is_unknown(probe: Probe) -> None:
    """Rule 4: the header is the server's to choose."""
    async with strange(reply(200, '{"hello": "world"}', "application/json; charset=hex")) as server:
        finding = await ask(probe, case(target_profile(server.url)), last_try=True)
    assert finding.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("task_id", ["../../admin", "a?b", "a/b", "", "a b", "%2e%2e", "x\r\nHost: evil", "a" * 200])
async def test_a_hostile_task_id_is_never_asked_for(task_id: str) -> None:
    """Rule 8: labels never reach a path."""
    async with strange(reply(200, json.dumps({"task_id": "x", "status": "ok"}))) as server:
        profile = target_profile(server.url)
        finding = await ask(RECENT_TASKS, case(profile, alerts=(alert({"task_id": task_id}),)), last_try=True)
        assert server.asked == []
    assert finding.verdict is Verdict.UNKNOWN
    assert "is no task id; it is not asked for" in finding.summary


async def test_a_hostile_task_id_does_not_hide_the_honest_one_beside_it() -> None:
    """D1, rule 8."""
    failed = {"task_id": "t-1", "status": "failed", "last_error": "planner said no", "metrics": {"steps": 3}}
    async with strange(by_path({"/api/v1/tasks/t-1": reply(200, json.dumps(failed))})) as server:
        alerts = (alert({"task_id": "../../admin"}), alert({"task_id": "t-1"}))
        finding = await ask(RECENT_TASKS, case(target_profile(server.url), alerts=alerts), last_try=True)
        assert server.asked == ["/api/v1/tasks/t-1"]
    assert finding.verdict is Verdict.BAD
    assert finding.facts["errors"] == {"planner said no": 1}
    assert finding.facts["examples"] == [{"task_id": "t-1", "last_error": "planner said no", "metrics": {"steps": 3}}]


async def test_hostile_ids_in_the_orchestrators_own_list_are_never_asked_for() -> None:
    """Rule 8: what a target lists is no more to be trusted than an alert."""
    listed = reply(200, json.dumps({"tasks": [{"task_id": "../secrets"}, {"task_id": "t-9"}]}))
    route = Orchestrator().routes.recent_failures
    task = reply(200, '{"task_id": "t-9", "status": "succeeded"}')
    async with strange(by_path({route: listed, "/api/v1/tasks/t-9": task})) as server:
        finding = await ask(RECENT_TASKS, case(target_profile(server.url)), last_try=True)
        assert server.asked == [route, "/api/v1/tasks/t-9"]
    assert (finding.verdict, finding.facts) == (Verdict.OK, {"asked": 1})


@pytest.mark.parametrize("document", ["[]", '{"tasks": []}'])
async def test_no_recent_failures_is_ok_in_either_documented_shape(document: str) -> None:
    """D1."""
    async with strange(reply(200, document)) as server:
        finding = await ask(RECENT_TASKS, case(target_profile(server.url)), last_try=True)
    assert finding.verdict is Verdict.OK


async def test_a_task_queue_is_looked_at_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """D2: one look cannot tell a backlog from starvation."""
    monkeypatch.setattr(task_queue, "BETWEEN_LOOKS_SECONDS", 0.1)
    queue = {"depth": 80, "backend": "asyncio", "oldest_queued_seconds": 300.0, "completed_total": 7}
    async with strange(reply(200, json.dumps(queue))) as server:
        finding = await ask(TASK_QUEUE, case(target_profile(server.url)), last_try=True)
        assert server.asked == ["/api/v1/diagnostics/task_queue"] * 2
    assert finding.verdict is Verdict.BAD
    assert finding.facts["starved"] is True


async def test_a_negative_depth_is_no_depth() -> None:
    """D2, rule 4."""
    async with strange(reply(200, '{"depth": -1}')) as server:
        finding = await ask(TASK_QUEUE, case(target_profile(server.url)), last_try=True)
    assert finding.verdict is Verdict.UNKNOWN
    assert "depth" in finding.summary


LIMITS = Orchestrator(queue_depth_limit=50, queue_oldest_limit_seconds=60)


def queue(depth: int, *, completed: int | None, oldest: float | None = 0.0) -> TaskQueue:
    """One look."""
    return TaskQueue(depth=depth, backend="asyncio", oldest_queued_seconds=oldest, completed_total=completed)


def test_a_long_queue_that_completes_nothing_is_starved() -> None:
    """D2, M3."""
    answer = task_queue.judged(queue(80, completed=7), queue(80, completed=7), LIMITS)
    assert (answer.verdict, answer.facts["starved"]) == (Verdict.BAD, True)


def test_a_long_queue_that_moves_is_bad_but_not_starved() -> None:
    """D2: the sequential backend would not help it."""
    answer = task_queue.judged(queue(80, completed=7), queue(78, completed=9), LIMITS)
    assert (answer.verdict, answer.facts["starved"]) == (Verdict.BAD, False)
    assert "2 completed" in answer.summary


def test_a_short_queue_whose_oldest_waits_too_long_and_stands_still_is_starved() -> None:
    """D2."""
    answer = task_queue.judged(queue(2, completed=7, oldest=61), queue(2, completed=7, oldest=63), LIMITS)
    assert (answer.verdict, answer.facts["starved"]) == (Verdict.BAD, True)


def test_a_short_young_queue_is_ok_even_if_nothing_was_completed_between() -> None:
    """D2: an idle orchestrator completes nothing."""
    answer = task_queue.judged(queue(0, completed=7), queue(50, completed=7, oldest=60), LIMITS)
    assert answer.verdict is Verdict.OK
    assert "starved" not in answer.facts


def test_a_long_queue_without_a_completion_count_is_starved_only_if_it_grows() -> None:
    """D2."""
    growing = task_queue.judged(queue(80, completed=None), queue(90, completed=None, oldest=None), LIMITS)
    shrinking = task_queue.judged(queue(90, completed=None), queue(80, completed=None), LIMITS)
    assert (growing.facts["starved"], shrinking.facts["starved"]) == (True, False)
    assert growing.verdict is shrinking.verdict is Verdict.BAD
    assert "completions are not reported" in growing.summary


async def test_a_probe_that_outlives_its_own_limit_is_unknown() -> None:
    """Rule 4: ten slow tasks must not make a slow incident."""
    probe = Probe(
        name="slow",
        requirement="D2",
        branch=TASK_QUEUE.branch,
        question="",
        collect=TASK_QUEUE.collect,
        timeout_seconds=0.2,
    )
    began = time.monotonic()
    async with strange(never) as server:
        finding = await ask(probe, case(target_profile(server.url)), last_try=False)
    assert time.monotonic() - began < 2
    assert finding.verdict is Verdict.UNKNOWN
    assert "no answer within 0.2 s" in finding.summary


@pytest.mark.parametrize(("word", "verdict"), [("Healthy", Verdict.OK), ("UP", Verdict.OK), ("shaky", Verdict.BAD)])
async def test_another_service_has_other_words_for_being_well(word: str, verdict: Verdict) -> None:
    """F4: and the profile can name more."""
    answers = {
        "/api/v1/health": reply(200, f'{{"status": "{word}"}}'),
        "/metrics": reply(200, "# TYPE up gauge\nup 1\n", "text/plain"),
    }
    async with strange(by_path(answers)) as server:
        finding = await ask(REACHABILITY, case(target_profile(server.url)), last_try=True)
        named = target_profile(server.url, IMPATIENT.model_copy(update={"healthy": ("shaky",)}))
        by_name = await ask(REACHABILITY, case(named), last_try=True)
    assert finding.verdict is verdict
    assert (by_name.verdict is Verdict.OK) is (word == "shaky")
