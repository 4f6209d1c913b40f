"""Asking Jenkins for the last good backup (F5): a stand-in with state, and servers that are none or in trouble."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from api4jenkins import AsyncJenkins  # type: ignore[import-untyped]
from fastapi import FastAPI

from steadyhand.clients import jenkins
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.record import utc_now
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.probes.last_backup import PROBE
from steadyhand.probes.probe import ask
from steadyhand.profile import Jenkins, Profile, SecretRef
from steadyhand.rehearsal.neighbours.jenkins import create_app
from steadyhand.rehearsal.neighbours.jenkins_state import (
    API_TOKEN,
    BACKUP_JOB,
    USER,
    BuildState,
    JenkinsState,
    JobState,
    Result,
    fresh,
)
from steadyhand.stack.ports import LOOPBACK, free_port

from .cases import case
from .served import served
from .strange import Answering, drip, endless, never, reply, strange

NOW = utc_now()
LOGIN_PAGE = "<html><head><title>Sign in [Jenkins]</title></head></html>"
RUN = {
    "_class": "hudson.model.FreeStyleBuild",
    "number": 7,
    "result": "SUCCESS",
    "building": False,
    "timestamp": round((NOW - timedelta(hours=3)).timestamp() * 1000),
    "duration": 60_000,
    "url": "https://jenkins.example.test/job/x/7/",
}
JOB = {"_class": "hudson.model.FreeStyleProject", "lastBuild": RUN, "lastCompletedBuild": RUN, "lastStableBuild": RUN}


@dataclass(frozen=True)
class StandIn:
    """A running stand-in, its state file, and the settings that are right for it."""

    settings: Jenkins
    file: Path

    def has(self, **jobs: JobState) -> None:
        """From now on it has these jobs only; two underscores stand for a folder's slash."""
        named = {name.replace("__", "/").replace("_", "-"): job for name, job in jobs.items()}
        JenkinsState(jobs=named).write(self.file)

    def but(self, **changes: object) -> Jenkins:
        """The settings with these changes."""
        return Jenkins.model_validate(self.settings.model_dump() | changes)


def build(number: int, result: Result | None, *, hours_ago: float, seconds: float = 60) -> BuildState:
    """A build that began so long ago."""
    return BuildState(number=number, result=result, started_at=utc_now() - timedelta(hours=hours_ago), seconds=seconds)


def impatient(url: str, **changes: object) -> Jenkins:
    """Settings without a token, and with little patience."""
    return Jenkins.model_validate({"url": url, "timeout_seconds": 0.6, "max_answer_bytes": 50_000} | changes)


@pytest.fixture
async def stand_in(tmp_path: Path) -> AsyncIterator[StandIn]:
    """Jenkins on a morning after a good night."""
    (tmp_path / "token").write_text(API_TOKEN)
    state = tmp_path / "jenkins.json"
    fresh(NOW).write(state)
    async with served(create_app(state)) as url:
        token = SecretRef(file=tmp_path / "token")
        yield StandIn(Jenkins(url=url, user=USER, token=token, timeout_seconds=3), state)


async def test_last_nights_backup_is_found_and_the_probe_is_ok(stand_in: StandIn) -> None:
    """F5."""
    found = await jenkins.backup(stand_in.settings)
    assert found.last_success is not None
    assert found.last_success == found.last_run == found.last_ended
    assert (found.last_success.number, found.last_success.duration) == (412, timedelta(seconds=754))
    assert found.last_success.url == f"{stand_in.settings.url}/job/{BACKUP_JOB}/412/"
    assert found.under_way is None
    finding = await ask(PROBE, case(Profile(jenkins=stand_in.settings)), last_try=True)
    assert (finding.probe, finding.requirement, finding.verdict) == ("last_backup", "F5", Verdict.OK)
    assert finding.facts["age_hours"] == pytest.approx(
        (utc_now() - found.last_success.ended_at).seconds / 3600, abs=0.1
    )


async def test_what_happens_to_the_job_is_seen_at_the_next_question(stand_in: StandIn) -> None:
    """F5: never ran, running, failed, good, unstable, disabled, and too old."""
    asked = case(Profile(jenkins=stand_in.settings))
    told = []
    for job in (
        JobState(),
        JobState(builds=(build(1, None, hours_ago=1),)),
        JobState(builds=(build(1, "FAILURE", hours_ago=1),)),
        JobState(builds=(build(1, "FAILURE", hours_ago=3), build(2, "SUCCESS", hours_ago=2))),
        JobState(builds=(build(2, "SUCCESS", hours_ago=2), build(3, "UNSTABLE", hours_ago=1)), disabled=True),
        JobState(builds=(build(2, "SUCCESS", hours_ago=40), build(3, "UNSTABLE", hours_ago=1))),
    ):
        stand_in.has(MEMORY_SNAPSHOT_NIGHTLY=job)
        finding = await ask(PROBE, asked, last_try=True)
        told.append((finding.verdict, finding.facts["running"], finding.summary))
    assert [(verdict, running) for verdict, running, _ in told] == [
        (Verdict.BAD, False),
        (Verdict.BAD, True),
        (Verdict.BAD, False),
        (Verdict.OK, False),
        (Verdict.OK, False),
        (Verdict.BAD, False),
    ]
    assert "never ran" in told[0][2]
    assert "run 1 has been under way for 60 min" in told[1][2]
    assert "ended UNSTABLE" in told[4][2]
    assert told[4][2].endswith("the job is disabled")


async def test_an_unstable_run_is_no_good_backup_although_jenkins_calls_it_successful(stand_in: StandIn) -> None:
    """F5."""
    stand_in.has(MEMORY_SNAPSHOT_NIGHTLY=JobState(builds=(build(3, "UNSTABLE", hours_ago=1),)))
    found = await jenkins.backup(stand_in.settings)
    assert found.last_success is None
    assert found.last_ended is not None
    assert found.last_ended.result == "UNSTABLE"


async def test_a_job_in_folders_is_found_by_its_full_name(stand_in: StandIn) -> None:
    """F5."""
    stand_in.has(ops__nightly__snapshot=JobState(builds=(build(5, "SUCCESS", hours_ago=1),)), other=JobState())
    found = await jenkins.backup(stand_in.but(job="ops/nightly/snapshot"))
    assert found.last_success is not None
    assert found.last_success.number == 5
    assert await jenkins.job_names(stand_in.settings) == ("ops/nightly/snapshot", "other")


@pytest.mark.parametrize("slash", ["", "/"])
async def test_jenkins_may_live_below_a_path(slash: str) -> None:
    """F5."""
    async with strange(reply(200, json.dumps(JOB))) as server:
        await jenkins.backup(Jenkins(url=f"{server.url}/ci/jenkins{slash}"))
    assert server.asked[0].startswith(f"/ci/jenkins/job/{BACKUP_JOB}/api/json?")


@pytest.mark.parametrize(
    ("job", "near"),
    [
        ("MEMORY-SNAPSHOT-NIGHTY", "ops/x/MEMORY-SNAPSHOT-NIGHTLY"),
        ("memory-snapshot-nightly", "ops/x/MEMORY-SNAPSHOT-NIGHTLY"),
        ("some-other/MEMORY-SNAPSHOT-NIGHTLY", "ops/x/MEMORY-SNAPSHOT-NIGHTLY"),
    ],
)
async def test_a_job_that_is_not_there_is_named_with_the_nearest_that_is(
    stand_in: StandIn, job: str, near: str
) -> None:
    """F5: a misspelt name, another case, another folder."""
    stand_in.has(ops__x__MEMORY_SNAPSHOT_NIGHTLY=JobState(), unrelated=JobState())
    with pytest.raises(UnexpectedAnswer) as told:
        await jenkins.backup(stand_in.but(job=job))
    assert f"shows us no job '{job}' (the nearest is '{near}'); set jenkins.job" in str(told.value)


async def test_a_job_like_no_other_is_named_alone(stand_in: StandIn) -> None:
    """F5."""
    with pytest.raises(UnexpectedAnswer, match=r"shows us no job 'zzz'; set jenkins\.job"):
        await jenkins.backup(stand_in.but(job="zzz"))


async def test_a_job_whose_neighbours_cannot_be_listed_is_still_named() -> None:
    """F5: the second question fails, and the first one's answer is what is told."""
    for listing in (reply(500, ""), reply(200, "<html>"), never):
        async with strange(_job_missing(listing)) as server:
            with pytest.raises(UnexpectedAnswer, match=f"shows us no job '{BACKUP_JOB}'; set"):
                await jenkins.backup(impatient(server.url))


def _job_missing(listing: Answering) -> Answering:
    async def answer(path: str, writer: Any) -> None:
        await (reply(404, "") if path.startswith("/job/") else listing)(path, writer)

    return answer


async def test_a_folder_is_no_job(stand_in: StandIn) -> None:
    """F5."""
    stand_in.has(ops__snapshot=JobState())
    with pytest.raises(UnexpectedAnswer, match="something else than documented"):
        await jenkins.backup(stand_in.but(job="ops"))


async def test_without_a_token_jenkins_wants_one_and_the_message_says_where_to_set_it(stand_in: StandIn) -> None:
    """F5, rule 4."""
    anonymous = stand_in.but(token=None)
    for question in (jenkins.backup, jenkins.job_names):
        with pytest.raises(
            UnexpectedAnswer, match=r"answered 403: it wants a token: set jenkins\.user and jenkins\.tok"
        ):
            await question(anonymous)
    finding = await ask(PROBE, case(Profile(jenkins=anonymous)), last_try=False)
    assert finding.verdict is Verdict.UNKNOWN


async def test_a_token_that_is_not_accepted_is_said_to_be_so_and_never_shown(stand_in: StandIn, tmp_path: Path) -> None:
    """F5."""
    (tmp_path / "wrong").write_text("hunter2hunter2")
    wrong = stand_in.but(token={"file": tmp_path / "wrong"})
    with pytest.raises(UnexpectedAnswer, match="answered 401: the token of 'steadyhand' is not accepted") as told:
        await jenkins.backup(wrong)
    assert "hunter2" not in str(told.value)


async def test_a_renewed_token_is_used_at_the_next_question(stand_in: StandIn, tmp_path: Path) -> None:
    """F5: secrets are read when they are needed."""
    fresh(NOW).model_copy(update={"users": {USER: "renewed"}}).write(stand_in.file)
    with pytest.raises(UnexpectedAnswer, match="401"):
        await jenkins.job_names(stand_in.settings)
    (tmp_path / "token").write_text("renewed")
    assert await jenkins.job_names(stand_in.settings) == (BACKUP_JOB,)


INCOMPLETE: dict[str, tuple[dict[str, object], str]] = {
    "no url": ({"url": None}, r"no Jenkins is configured: set jenkins\.url"),
    "no host": ({"url": "http://ü..example.test"}, r"jenkins\.url is no address"),
    "no user": ({"user": ""}, r"jenkins\.user is not set"),
    "no job": ({"job": "/"}, r"jenkins\.job is '/', which can be no job's name"),
    "the parent": ({"job": "../../manage"}, r"jenkins\.job is '\.\./\.\./manage', which can be no job's name"),
    "no secret": ({"token": {"env": "NOT_SET_ANYWHERE"}}, "NOT_SET_ANYWHERE is empty or not set"),
}


@pytest.mark.parametrize("what", INCOMPLETE)
async def test_an_incomplete_table_is_unknown_and_says_what_to_set(stand_in: StandIn, what: str) -> None:
    """F5, rule 4: nobody is asked."""
    changes, message = INCOMPLETE[what]
    settings = stand_in.but(**changes)
    with pytest.raises(ConfigurationError, match=message):
        await jenkins.backup(settings)
    finding = await ask(PROBE, case(Profile(jenkins=settings)), last_try=False)
    assert finding.verdict is Verdict.UNKNOWN


TROUBLES: dict[str, tuple[Answering, str]] = {
    "500": (reply(500, "<html>Oops!</html>", "text/html"), "answered 500"),
    "503": (reply(503, "<html>Please wait while Jenkins is getting ready to work</html>", "text/html"), "answered 503"),
    "429": (reply(429, "slow down", headers={"Retry-After": "1"}), "answered 429"),
    "never": (never, r"gave no whole answer within 0\.6 s"),
    "drips": (drip, r"gave no whole answer within 0\.6 s"),
}
STRANGE: dict[str, tuple[Answering, str]] = {
    "login page": (reply(200, LOGIN_PAGE, "text/html"), "something else than JSON: a login page"),
    "empty": (reply(200, ""), "something else than JSON"),
    "no content": (reply(204, ""), "something else than JSON"),
    "not utf-8": (reply(200, b"\xff\xfe\x00{"), "something else than JSON"),
    "deep": (reply(200, "[" * 20_000), "something else than JSON"),
    "endless": (endless, "more than 50000 bytes; reading was stopped"),
    "compressed": (
        reply(200, b"\x1f\x8b", headers={"Content-Encoding": "gzip"}),
        "compressed, which was not asked for",
    ),
    "bad request": (reply(400, "no X-Error"), "answered 400"),
    "gone": (reply(410, "gone"), "answered 410"),
    "list": (reply(200, "[1, 2]"), "something else than documented"),
    "null": (reply(200, "null"), "something else than documented"),
    "other object": (reply(200, '{"hello": "world"}'), "something else than documented"),
    "many faults": (reply(200, json.dumps({"jobs": [0] * 9000})), "something else than documented"),
    "no such result": (reply(200, json.dumps(JOB | {"lastBuild": RUN | {"result": "GREAT"}})), "lastBuild.result"),
    "far future": (reply(200, json.dumps(JOB | {"lastStableBuild": RUN | {"timestamp": 10**18}})), "timestamp"),
    "before time": (reply(200, json.dumps(JOB | {"lastStableBuild": RUN | {"timestamp": -1}})), "timestamp"),
    "an age long": (reply(200, json.dumps(JOB | {"lastStableBuild": RUN | {"duration": 10**18}})), "duration"),
    "infinite": (reply(200, json.dumps(JOB | {"lastStableBuild": RUN | {"number": float("inf")}})), "number"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_that_may_pass_is_worth_another_try_and_is_not_tried_again_here(trouble: str) -> None:
    """F5, rule 7: Prefect's retries are the only ones."""
    answer, reason = TROUBLES[trouble]
    async with strange(answer) as server:
        with pytest.raises(TransientError, match=reason):
            await jenkins.backup(impatient(server.url))
        assert len(server.asked) == 1
        finding = await ask(PROBE, case(Profile(jenkins=impatient(server.url))), last_try=True)
    assert finding.verdict is Verdict.UNKNOWN


async def test_a_jenkins_that_is_down_is_worth_another_try() -> None:
    """F5."""
    with pytest.raises(TransientError, match="does not answer"):
        await jenkins.backup(impatient(f"http://{LOOPBACK}:{free_port()}"))


@pytest.mark.parametrize("oddity", STRANGE)
async def test_an_answer_that_is_not_jenkins_is_unknown_and_asked_for_only_once(oddity: str) -> None:
    """F5, rule 4."""
    answer, reason = STRANGE[oddity]
    async with strange(answer) as server:
        with pytest.raises(UnexpectedAnswer, match=reason) as told:
            await jenkins.backup(impatient(server.url))
        assert len(server.asked) == 1
        with pytest.raises(UnexpectedAnswer):
            await jenkins.job_names(impatient(server.url))
    assert len(str(told.value)) < 500


async def test_a_redirect_to_a_login_page_is_told_and_the_token_is_not_carried_there(stand_in: StandIn) -> None:
    """F5, rule 8: only the address in the profile is asked."""
    async with (
        strange(reply(200, LOGIN_PAGE, "text/html")) as login,
        strange(reply(302, "", headers={"Location": f"{login.url}/login?from=%2F"})) as server,
    ):
        with pytest.raises(UnexpectedAnswer, match="answered 302, a redirect to a login page"):
            await jenkins.backup(stand_in.but(url=server.url))
        assert login.asked == []
        assert len(server.asked) == 1


@pytest.mark.parametrize("job", ["a?b#c", "a b", "%2e%2e/x", "x\r\nHost: evil", "a%2Fb"])
async def test_a_job_with_an_odd_name_stays_one_segment_of_the_path(job: str) -> None:
    """Rule 8."""
    async with strange(reply(200, json.dumps(JOB))) as server:
        await jenkins.backup(Jenkins(url=server.url, job=job))
    path = server.asked[0].partition("?")[0]
    assert path.startswith("/job/")
    assert path.endswith("/api/json")
    assert path.count("/job/") == job.count("/") + 1
    assert not any(character in path for character in " #\r\n")


async def test_the_stand_in_answers_the_library_as_jenkins_does(stand_in: StandIn) -> None:
    """F5: crumb, listing, job, named builds and attributes, through api4jenkins' own ways."""
    stand_in.has(
        ops__snapshot=JobState(
            builds=(build(1, "SUCCESS", hours_ago=9), build(2, "FAILURE", hours_ago=5), build(3, None, hours_ago=1))
        )
    )
    library = AsyncJenkins(stand_in.settings.url, auth=(USER, API_TOKEN))
    async with library.http_client:
        assert set(await library.crumb) == {"Jenkins-Crumb"}
        assert [job.full_name async for job in library.aiter(depth=2)] == ["ops", "ops/snapshot"]
        job = await library.get_job("ops/snapshot")
        assert await job.building
        assert (await job.get_last_build()).url == f"{job.url}3/"
        assert await (await job.get_last_stable_build()).result == "SUCCESS"
        assert await (await job.get(2)).result == "FAILURE"
        assert await job.next_build_number == 4
        assert await library.get_job("ops/other") is None


async def test_the_stand_in_below_a_path_says_addresses_that_lead_there(stand_in: StandIn) -> None:
    """F5: a person follows the run's address."""
    app = FastAPI()
    app.mount("/ci/jenkins", create_app(stand_in.file))
    async with served(app) as url:
        found = await jenkins.backup(stand_in.but(url=f"{url}/ci/jenkins"))
        assert found.last_run is not None
        assert found.last_run.url == f"{url}/ci/jenkins/job/{BACKUP_JOB}/412/"
        async with httpx.AsyncClient(auth=(USER, API_TOKEN)) as http:
            assert (await http.get(f"{found.last_run.url}api/json")).json()["number"] == 412


async def test_the_stand_in_shows_without_a_tree_only_how_to_find_what_is_inside(stand_in: StandIn) -> None:
    """F5: as Jenkins does with depth 0."""
    async with httpx.AsyncClient(base_url=str(stand_in.settings.url), auth=(USER, API_TOKEN)) as http:
        job = (await http.get(f"/job/{BACKUP_JOB}/api/json")).raise_for_status().json()
        last = (await http.get(f"/job/{BACKUP_JOB}/lastBuild/api/json")).raise_for_status().json()
        broken = await http.get("/api/json", params={"tree": "jobs[name"})
        missing = await http.get("/job/nobody/api/json")
    assert set(job["lastBuild"]) == {"_class", "number", "url"}
    assert (job["color"], job["lastFailedBuild"]) == ("blue", None)
    assert (last["number"], last["result"], last["building"]) == (412, "SUCCESS", False)
    assert (broken.status_code, missing.status_code) == (400, 404)
    assert all("X-Jenkins" in answer.headers for answer in (broken, missing))


@pytest.mark.parametrize(("hour", "age_days"), [(1, 1), (3, 0), (23, 0)])
def test_a_fresh_stand_ins_last_success_was_last_night_whatever_time_it_is(hour: int, age_days: int) -> None:
    """F5: a rehearsal at noon and one after midnight begin with a young backup."""
    now = NOW.replace(hour=hour, minute=30)
    last = fresh(now).jobs[BACKUP_JOB].latest()
    assert last is not None
    ended = last.started_at + timedelta(seconds=last.seconds)
    assert ended < now
    assert (now.date() - ended.date()).days == age_days
