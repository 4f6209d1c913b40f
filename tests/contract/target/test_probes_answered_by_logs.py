"""Where the orchestrator has no endpoint for it, its log answers for the queue (D2) and for the failed tasks (D1)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from steadyhand.clients.logs import FailureLog, LoggedFailure
from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError
from steadyhand.probes import REGISTRY, logged_failures, recent_tasks
from steadyhand.probes.probe import Probe, ask
from steadyhand.profile import Logs, Profile

from .cases import alert, case, target_profile
from .logged import NOW
from .loki import Loki, serving
from .strange import Answering, Strange, by_path, endless, never, reply, strange

TASK_QUEUE, RECENT_TASKS = REGISTRY["task_queue"], REGISTRY["recent_tasks"]
HTML = reply(200, "<html>nginx</html>", "text/html")
REFUSALS = {
    "404": reply(404, '{"detail": "Not Found"}'),
    "401": reply(401, "{}"),
    "403": reply(403, "{}"),
    "405": reply(405, "{}"),
    "410": reply(410, "{}"),
    "html": HTML,
    "redirect": reply(302, "", headers={"Location": "/login"}),
    "other json": reply(200, '{"enabled": false}'),
    "endless": endless,
}


def logging(url: str, path: Path, **keys: object) -> Profile:
    """A profile with this target and this log."""
    return target_profile(url).model_copy(
        update={"logs": Logs.model_validate({"source": {"kind": "file", "path": path}, **keys})}
    )


def write(path: Path, *events: str, **more: object) -> None:
    """These entries, a second apart, the last of them just now."""
    ago = [utc_now() - timedelta(seconds=5 + n) for n in range(len(events), 0, -1)]
    entries = [
        {"event": event, "timestamp": at.isoformat(), "task_id": f"t-{n}", "error": "planner said no", **more}
        for n, (event, at) in enumerate(zip(events, ago, strict=True))
    ]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """An empty log."""
    path = tmp_path / "app.jsonl"
    path.touch()
    return path


async def found_by(probe: Probe, profile: Profile) -> Finding:
    """The finding of one try of many."""
    return await ask(probe, case(profile), last_try=False)


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_queue_that_cannot_be_asked_is_judged_by_the_failures_in_the_log(log: Path, refusal: str) -> None:
    """D2: too many are bad, and no proof of starvation."""
    write(log, *["task_execution_failed"] * 4, "started")
    async with strange(REFUSALS[refusal]) as server:
        many = await found_by(TASK_QUEUE, logging(server.url, log, failures_limit=3))
        few = await found_by(TASK_QUEUE, logging(server.url, log, failures_limit=4))
    assert (many.verdict, few.verdict) == (Verdict.BAD, Verdict.OK)
    assert "4 tasks failed in 900 s among 5 entries, limit 3; most often (4): planner said no" in many.summary
    assert many.facts["source"] == "logs"
    assert (many.facts["failures"], many.facts["errors"]) == (4, {"planner said no": 4})
    assert "starved" not in many.facts | few.facts


async def test_a_silent_log_proves_nothing_about_a_queue(log: Path) -> None:
    """D2, rule 4."""
    async with strange(REFUSALS["404"]) as server:
        finding = await found_by(TASK_QUEUE, logging(server.url, log))
    assert finding.verdict is Verdict.UNKNOWN
    assert "the log is silent" in finding.summary


async def test_a_log_that_is_too_long_to_be_read_proves_only_what_was_read(log: Path) -> None:
    """D2, rule 4."""
    write(log, *["task_execution_failed"] * 500)
    source = {"kind": "file", "path": log, "max_bytes": 2000}
    async with strange(REFUSALS["404"]) as server:
        below = await found_by(TASK_QUEUE, logging(server.url, log, source=source, failures_limit=100))
        above = await found_by(TASK_QUEUE, logging(server.url, log, source=source, failures_limit=5))
    assert (below.verdict, above.verdict) == (Verdict.UNKNOWN, Verdict.BAD)
    assert "not all of it could be read" in below.summary


@pytest.mark.parametrize("probe", [TASK_QUEUE, RECENT_TASKS], ids=lambda p: p.name)
async def test_without_endpoint_and_log_both_reasons_are_told(probe: Probe, log: Path) -> None:
    """D1, D2, rule 4."""
    async with strange(REFUSALS["404"]) as server:
        unset = await found_by(probe, target_profile(server.url))
        log.unlink()
        missing = await found_by(probe, logging(server.url, log))
        log.write_text("plain text\n")
        other = await found_by(probe, logging(server.url, log))
    for finding, reason in ((unset, "set logs.source"), (missing, "there is no log"), (other, "of another format")):
        assert finding.verdict is Verdict.UNKNOWN
        assert "answered 404" in finding.summary
        assert reason in finding.summary


@pytest.mark.parametrize("probe", [TASK_QUEUE, RECENT_TASKS], ids=lambda p: p.name)
@pytest.mark.parametrize("trouble", [never, reply(503, "gone")])
async def test_trouble_that_may_pass_is_not_covered_by_the_log(probe: Probe, trouble: Answering, log: Path) -> None:
    """D1, D2: the endpoint is there; asking it again is worth more."""
    write(log, "started")
    async with strange(trouble) as server:
        with pytest.raises(TransientError):
            await found_by(probe, logging(server.url, log))
        assert len(server.asked) == 1


async def test_a_loki_that_is_away_for_a_moment_is_asked_again() -> None:
    """Rule 7: with both reasons."""
    async with strange(REFUSALS["404"]) as server, strange(reply(503, "ingesters gone")) as loki:
        keys = Logs.model_validate({"source": {"kind": "loki", "url": loki.url}})
        profile = target_profile(server.url).model_copy(update={"logs": keys})
        with pytest.raises(
            TransientError, match=r"answered 404.*; and the log instead: .*answered 503: ingesters gone"
        ):
            await found_by(TASK_QUEUE, profile)


async def test_a_queue_is_judged_by_loki_too() -> None:
    """D2."""
    with serving(Loki()) as loki:
        now = utc_now()
        lines = [{"event": "task_execution_failed", "task_id": "t", "error": "no"}] * 11
        for line in lines:
            loki.push('{app="orchestrator"}', now.timestamp() - 30, json.dumps(line))
        keys = Logs.model_validate({"source": {"kind": "loki", "url": loki.url}})
        async with strange(REFUSALS["404"]) as server:
            finding = await found_by(TASK_QUEUE, target_profile(server.url).model_copy(update={"logs": keys}))
    assert finding.verdict is Verdict.BAD
    assert "11 tasks failed in 900 s, limit 10" in finding.summary


def task(task_id: str, **more: object) -> Answering:
    """A task that failed."""
    return reply(200, json.dumps({"task_id": task_id, "status": "failed", "last_error": "boom", **more}))


def asked_for_tasks(server: Strange) -> list[str]:
    """Which tasks were asked for, in order."""
    return [path.rsplit("/", 1)[1] for path in server.asked if "/tasks/" in path]


async def test_ids_of_failed_tasks_are_taken_from_the_log_where_they_cannot_be_listed(log: Path) -> None:
    """D1: the newest, each once; hostile ones are never asked for."""
    write(log, *["task_execution_failed"] * 15, "started")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    lines[14]["task_id"] = "../../admin"
    lines[12]["task_id"] = "t-13"
    log.write_text("\n".join(map(json.dumps, lines)) + "\n")
    answers = by_path({f"/api/v1/tasks/t-{n}": task(f"t-{n}") for n in range(15)})
    async with strange(answers) as server:
        finding = await found_by(RECENT_TASKS, logging(server.url, log))
        assert asked_for_tasks(server) == [f"t-{n}" for n in (13, 11, 10, 9, 8, 7, 6, 5, 4)]
    assert finding.verdict is Verdict.BAD
    assert finding.summary.startswith("9 of 9 recent tasks failed; most often (9): boom")
    assert finding.summary.endswith("; 1 more could not be asked (ids from the log)")


async def test_a_lively_log_without_failures_is_as_good_as_an_empty_list(log: Path) -> None:
    """D1."""
    write(log, "started")
    async with strange(REFUSALS["404"]) as server:
        finding = await found_by(RECENT_TASKS, logging(server.url, log))
    assert (finding.verdict, finding.summary) == (Verdict.OK, "no failed task is listed (ids from the log)")


async def test_a_log_that_names_no_task_leaves_the_tasks_unknown(log: Path) -> None:
    """D1, rule 4: silent, without ids, or too long."""
    async with strange(REFUSALS["404"]) as server:
        silent = await found_by(RECENT_TASKS, logging(server.url, log))
        write(log, "task_execution_failed", task_id=None)
        nameless = await found_by(RECENT_TASKS, logging(server.url, log))
        write(log, *["started"] * 50)
        source = {"kind": "file", "path": log, "max_bytes": 500}
        long = await found_by(RECENT_TASKS, logging(server.url, log, source=source))
    assert {silent.verdict, nameless.verdict, long.verdict} == {Verdict.UNKNOWN}
    assert "the log is silent" in silent.summary
    assert "1 failures in it name no task under 'task_id'" in nameless.summary
    assert "not all of it could be read" in long.summary


async def test_the_alerts_own_ids_come_before_the_log(log: Path) -> None:
    """D1: and each is asked for once."""
    write(log, "task_execution_failed")
    async with strange(by_path({"/api/v1/tasks/t-9": task("t-9")})) as server:
        named = case(logging(server.url, log), alerts=(alert({"task_id": "t-9"}), alert({"task_id": "t-9"})))
        finding = await ask(RECENT_TASKS, named, last_try=True)
        assert server.asked == ["/api/v1/tasks/t-9"]
    assert "log" not in finding.summary


async def test_tasks_that_do_not_tell_their_status_are_no_good_news() -> None:
    """D1, rule 4: a foreign target's tasks lack the documented fields, or call things otherwise."""
    answers = {
        "/api/v1/tasks/mute": reply(200, '{"task_id": "mute", "state": "FAILED"}'),
        "/api/v1/tasks/loud": reply(200, '{"task_id": "loud", "last_error": "boom"}'),
        "/api/v1/tasks/UP": reply(200, '{"task_id": "UP", "status": "FAILURE"}'),
        "/api/v1/tasks/good": reply(200, '{"task_id": "good", "status": "succeeded", "last_error": "tried twice"}'),
    }
    async with strange(by_path(answers)) as server:
        asked = {
            name: await ask(
                RECENT_TASKS, case(target_profile(server.url), alerts=(alert({"task_id": name}),)), last_try=True
            )
            for name in ("mute", "loud", "UP", "good")
        }
    assert {name: finding.verdict for name, finding in asked.items()} == {
        "mute": Verdict.UNKNOWN,
        "loud": Verdict.BAD,
        "UP": Verdict.BAD,
        "good": Verdict.OK,
    }
    assert "1 of them do not tell their status" in asked["mute"].summary


async def test_a_task_with_huge_metrics_is_told_in_short() -> None:
    """Rule 8: facts are kept for good, and read by people."""
    metrics = {"m" * 1000: "x" * 10_000, **{f"n{n}": [n] * 50 for n in range(100)}, "nested": {"a": 1}}
    huge = task("t", last_error="e" * 5_000, metrics=metrics)
    async with strange(huge) as server:
        finding = await ask(
            RECENT_TASKS, case(target_profile(server.url), alerts=(alert({"task_id": "t"}),)), last_try=True
        )
    assert finding.verdict is Verdict.BAD
    assert len(json.dumps(finding.facts)) < 10_000


def seen(failures: int, *, lines: int | None, truncated: bool = False) -> FailureLog:
    """What a log may hold."""
    logged = tuple(LoggedFailure(at=NOW, task_id=None, error="e" * 400) for _ in range(min(failures, 200)))
    return FailureLog(
        failures=logged, failures_total=failures, lines_seen=lines, newest_entry_at=None, truncated=truncated
    )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (seen(11, lines=11), Verdict.BAD),
        (seen(11, lines=None, truncated=True), Verdict.BAD),
        (seen(10, lines=10), Verdict.OK),
        (seen(1, lines=None), Verdict.OK),
        (seen(0, lines=1), Verdict.OK),
        (seen(10, lines=10, truncated=True), Verdict.UNKNOWN),
        (seen(0, lines=0), Verdict.UNKNOWN),
        (seen(0, lines=None), Verdict.UNKNOWN),
    ],
)
def test_the_judgement_on_a_log_is_three_valued(found: FailureLog, verdict: Verdict) -> None:
    """D2, rule 4."""
    answer = logged_failures.judged(found, Logs())
    assert answer.verdict is verdict
    assert len(json.dumps(answer.facts)) < 2000


def test_no_task_at_all_is_told_as_an_empty_list() -> None:
    """D1: that none is listed is an answer; that none could be listed would be none."""
    answer = recent_tasks.judged([])
    assert (answer.verdict, answer.summary) == (Verdict.OK, "no failed task is listed")
