"""GitHub on a real socket, and what becomes of its answers (D7)."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import JsonValue

from steadyhand.clients.github import configured_workflow, latest_run, token_scopes, workflow_names
from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import utc_now
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.probes.hardening_workflow import PROBE
from steadyhand.probes.probe import ask
from steadyhand.profile import EnvironmentProfile, GitHub, Profile, SecretRef
from steadyhand.rehearsal.neighbours import github_happenings as happening
from steadyhand.rehearsal.neighbours.github import create_app
from steadyhand.rehearsal.neighbours.github_state import HARDENING, REPOSITORY, TOKEN, GitHubState, change
from steadyhand.stack.ports import LOOPBACK, free_port

from .cases import IMPATIENT, case
from .served import served
from .strange import Answering, by_path, drip, endless, never, reply, strange

COMMIT, OTHER = "c0ffee" + "0" * 34, "decade" + "0" * 34
GREEN = dict.fromkeys(("lint", "contract", "e2e"), "success")
LIMITED = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1900000000"}


@dataclass(frozen=True)
class Site:
    """A running stand-in, and its state."""

    settings: GitHub
    file: Path

    def change(self, how: Callable[[GitHubState], GitHubState]) -> GitHubState:
        """Something happens at GitHub."""
        return change(self.file, how)

    def ran(self, jobs: dict[str, str], commit: str = COMMIT) -> int:
        """The workflow ran; the id of the run."""
        return self.change(lambda s: happening.ran(s, commit, jobs, utc_now())).runs[-1].id


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """The workflow is green for one commit."""
    file = tmp_path / "github.json"
    happening.fresh([COMMIT], utc_now()).write(file)
    async with served(create_app(file)) as url:
        yield Site(settings_for(url, tmp_path), file)


def settings_for(url: str, directory: Path, token: str = TOKEN) -> GitHub:
    """An impatient way of asking."""
    (directory / "token").write_text(token)
    secret = SecretRef(file=directory / "token")
    return GitHub(repository=REPOSITORY, api_url=url, token=secret, timeout_seconds=1, max_answer_bytes=300_000)


async def asked(settings: GitHub, *, health: JsonValue = None, last_try: bool = True) -> Finding:
    """The probe's finding where the orchestrator's health says this, and no deployer is configured."""
    told = {"status": "ok", "commit": COMMIT} if health is None else health
    async with strange(by_path({"/api/v1/health": reply(200, json.dumps(told))})) as orchestrator:
        profile = Profile(
            environments={Environment.PRODUCTION: EnvironmentProfile(url=orchestrator.url)},
            orchestrator=IMPATIENT,
            github=settings,
        )
        return await ask(PROBE, case(profile), last_try=last_try)


async def test_a_green_workflow_for_the_deployed_commit_is_ok(site: Site) -> None:
    """D7."""
    finding = await asked(site.settings)
    assert finding.verdict is Verdict.OK
    assert finding.facts["jobs"] == GREEN
    assert str(finding.facts["run"]).startswith(site.settings.api_url)


async def test_only_runs_for_exactly_this_commit_count(site: Site) -> None:
    """D7: a red run of another commit says nothing about ours, and a green one neither."""
    site.ran(GREEN | {"lint": "failure"}, OTHER)
    assert (await asked(site.settings)).verdict is Verdict.OK
    finding = await asked(site.settings, health={"status": "ok", "commit": "9" * 40})
    assert finding.verdict is Verdict.UNKNOWN
    assert "no run of the workflow for commit 999999999999" in finding.summary


async def test_of_several_runs_the_newest_counts(site: Site) -> None:
    """D7."""
    site.ran(GREEN | {"e2e": "failure"})
    finding = await asked(site.settings)
    assert finding.verdict is Verdict.BAD
    assert "e2e: failure" in finding.summary


async def test_of_a_run_that_was_run_again_the_latest_attempt_counts(site: Site) -> None:
    """D7: and it is told that it took another."""
    run = site.ran(GREEN | {"e2e": "failure"})
    site.change(lambda s: happening.run_again(s, run))
    under_way = await asked(site.settings)
    site.change(lambda s: happening.finished(s, run, GREEN))
    finding = await asked(site.settings)
    assert under_way.verdict is Verdict.UNKNOWN
    assert (finding.verdict, finding.facts["attempt"]) == (Verdict.OK, 2)
    assert ", attempt 2: " in finding.summary


async def test_more_than_a_page_of_workflows_and_jobs_is_read(site: Site) -> None:
    """D7: bounded, but not after the first page."""
    workflow = site.change(lambda s: s).workflows[0]
    others = tuple(workflow.model_copy(update={"id": 900 + n, "name": f"w{n}", "file": f"{n}.yml"}) for n in range(120))
    site.change(lambda s: s.model_copy(update={"workflows": (*others, *s.workflows)}))
    site.ran({f"shard {n}": "success" for n in range(130)} | GREEN)
    assert (await asked(site.settings)).verdict is Verdict.OK
    assert len(await workflow_names(site.settings)) == 122


@pytest.mark.parametrize("name", [HARDENING.upper(), "phase6-regression-hardening.yml"])
async def test_the_workflow_goes_by_its_name_or_its_file(site: Site, name: str) -> None:
    """D7."""
    settings = site.settings.model_copy(update={"workflow": name})
    assert await latest_run(settings, COMMIT) is not None
    found = await configured_workflow(settings)
    assert (found.name, found.file, found.state) == (HARDENING, "phase6-regression-hardening.yml", "active")


async def test_a_workflow_that_is_not_there_is_told_with_those_that_are(site: Site) -> None:
    """D7, rule 4."""
    with pytest.raises(
        UnexpectedAnswer, match=r"no workflow 'Phase 7' \(it has: Deploy, Phase 6 .*set github\.workflow"
    ):
        await latest_run(site.settings.model_copy(update={"workflow": "Phase 7"}), COMMIT)


async def test_of_workflows_with_one_name_the_active_one_is_meant(site: Site) -> None:
    """D7: a file that was moved leaves one behind."""
    old = site.change(lambda s: s).workflows[0].model_copy(update={"id": 5, "file": "old.yml", "state": "deleted"})
    site.change(lambda s: s.model_copy(update={"workflows": (old, *s.workflows)}))
    assert (await asked(site.settings)).verdict is Verdict.OK
    active = old.model_copy(update={"state": "active"})
    site.change(lambda s: s.model_copy(update={"workflows": (active, *s.workflows[1:])}))
    finding = await asked(site.settings)
    assert finding.verdict is Verdict.UNKNOWN
    assert "2 workflows are called" in finding.summary
    assert "old.yml" in finding.summary


async def test_the_scopes_of_a_classic_token_are_told_and_those_of_others_are_not(site: Site) -> None:
    """What the doctor can say about a token."""
    assert await token_scopes(site.settings) == ("repo", "workflow")
    site.change(lambda s: s.model_copy(update={"scopes": None}))
    assert await token_scopes(site.settings) is None


async def test_without_a_repository_nobody_is_asked() -> None:
    """D7, rule 4."""
    finding = await asked(GitHub())
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.summary == "no GitHub repository is configured: set github.repository"
    with pytest.raises(ConfigurationError, match=r"set github\.repository"):
        await workflow_names(GitHub())


@pytest.mark.parametrize(
    ("commit", "reason"),
    [
        ("", "says which commit is deployed"),
        ("c0ffee", "'c0ffee' is no whole commit id"),
        (COMMIT[:-1] + "&", "is no whole commit id"),
        ("../" * 5000, "is no whole commit id"),
    ],
    ids=["none", "short", "hostile", "long"],
)
async def test_without_a_whole_commit_id_nothing_is_known(site: Site, commit: str, reason: str) -> None:
    """D7, rules 4 and 8."""
    finding = await asked(site.settings, health={"status": "ok", "commit": commit})
    assert finding.verdict is Verdict.UNKNOWN
    assert reason in finding.summary
    assert len(finding.summary) < 300


async def test_a_wrong_token_is_named_and_not_told(site: Site, tmp_path: Path) -> None:
    """D7, rule 8."""
    settings = settings_for(site.settings.api_url, tmp_path, "ghp_wrong")
    with pytest.raises(UnexpectedAnswer, match=r"answered 401: Bad credentials; see github\.token") as told:
        await latest_run(settings, COMMIT)
    assert "ghp_wrong" not in str(told.value)


async def test_a_repository_that_cannot_be_seen_is_told(site: Site) -> None:
    """D7: GitHub does not say which of the two it is."""
    with pytest.raises(
        UnexpectedAnswer, match=r"acme/other.*does not exist, or the token of github\.token cannot see it"
    ):
        await latest_run(site.settings.model_copy(update={"repository": "acme/other"}), COMMIT)


RESET = datetime.fromtimestamp(1900000000, UTC).strftime("%Y-%m-%d %H:%M")
TROUBLES: dict[str, tuple[Answering, str]] = {
    "500": (reply(500, '{"message": "Server Error"}'), "answered 500: Server Error"),
    "502": (reply(502, "<html>unicorn</html>", "text/html"), "answered 502"),
    "429": (reply(429, "{}"), "answered 429"),
    "rate limit": (reply(403, '{"message": "API rate limit exceeded"}', headers=LIMITED), f"exceeded until {RESET}"),
    "second limit": (reply(403, "{}", headers={"Retry-After": "60"}), "exceeded until 20"),
    "far limit": (reply(429, "{}", headers={"Retry-After": "9" * 12}), "no date there is"),
    "never": (never, "gave no whole answer in time"),
    "drips": (drip, "gave no whole answer in time"),
}
STRANGE: dict[str, tuple[Answering, str]] = {
    "html": (reply(200, "<html>login</html>", "text/html"), "something else than documented"),
    "empty": (reply(200, ""), "something else than documented"),
    "null": (reply(200, "null"), "something else than documented"),
    "list": (reply(200, "[]"), "something else than documented"),
    "deep": (reply(200, "[" * 20_000), "something else than documented"),
    "other": (reply(200, '{"workflows": [{"id": "x"}]}'), "something else than documented"),
    "not utf-8": (reply(200, b"\xff\xfe{"), "something else than documented"),
    "204": (reply(204, ""), "something else than documented"),
    "endless": (endless, "more than 300000 bytes; reading was stopped"),
    "zipped": (reply(200, b"x", headers={"Content-Encoding": "gzip"}), "compressed"),
    "403": (
        reply(403, '{"message": "Resource not accessible"}'),
        "403: Resource not accessible; the token of github.token",
    ),
    "400": (reply(400, "{}"), "answered 400"),
    "no number": (reply(403, "{}", headers={"Retry-After": "Wed, 21 Oct"}), "a rate limit that is none: ValueError"),
    "no text": (reply(403, '{"message": 1}', headers=LIMITED), "a rate limit that is none: TypeError"),
    "no reset": (reply(429, "{}", headers={**LIMITED, "X-RateLimit-Reset": "9" * 40}), "a rate limit that is none"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_that_may_pass_is_worth_another_try_by_us_and_none_by_the_library(
    trouble: str, tmp_path: Path
) -> None:
    """D7, rule 7: Prefect's retries are the only ones."""
    answer, reason = TROUBLES[trouble]
    async with strange(answer) as server:
        with pytest.raises(TransientError, match=reason):
            await asked(settings_for(server.url, tmp_path), last_try=False)
        assert len(server.asked) == 1
        assert (await asked(settings_for(server.url, tmp_path))).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("oddity", STRANGE)
async def test_an_answer_outside_the_contract_is_unknown_and_asked_for_only_once(oddity: str, tmp_path: Path) -> None:
    """D7, rule 4."""
    answer, reason = STRANGE[oddity]
    async with strange(answer) as server:
        finding = await asked(settings_for(server.url, tmp_path), last_try=False)
        assert len(server.asked) == 1
    assert finding.verdict is Verdict.UNKNOWN
    assert reason in finding.summary


async def test_a_redirect_is_told_and_not_followed_with_our_token(tmp_path: Path) -> None:
    """D7, rule 8: GitHub answers so for a repository that was renamed."""
    async with (
        strange(reply(200, "{}")) as elsewhere,
        strange(reply(301, "{}", headers={"Location": f"{elsewhere.url}/repositories/2"})) as server,
    ):
        finding = await asked(settings_for(server.url, tmp_path))
        assert elsewhere.asked == []
    assert finding.verdict is Verdict.UNKNOWN
    assert "answered 301" in finding.summary
    assert "renamed" in finding.summary


async def test_a_refused_connection_is_unknown(tmp_path: Path) -> None:
    """D7, rule 4."""
    finding = await asked(settings_for(f"http://{LOOPBACK}:{free_port()}", tmp_path))
    assert finding.verdict is Verdict.UNKNOWN
    assert "does not answer" in finding.summary


async def test_a_library_that_cannot_be_imported_is_unknown(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """D7, rule 7: githubkit allows releases of hishel that it breaks with."""
    monkeypatch.setitem(sys.modules, "githubkit", None)
    finding = await asked(site.settings)
    assert finding.verdict is Verdict.UNKNOWN
    assert "githubkit cannot be used here" in finding.summary


async def test_a_server_that_pages_for_ever_is_left_after_ten_pages(tmp_path: Path) -> None:
    """D7: bounded."""
    page = [{"id": n, "name": f"w{n}", "path": f"{n}.yml", "state": "active"} for n in range(100)]
    async with strange(reply(200, json.dumps({"workflows": page}))) as server:
        await workflow_names(settings_for(server.url, tmp_path))
        assert len(server.asked) == 10


async def test_a_server_that_does_not_filter_is_not_believed(tmp_path: Path) -> None:
    """D7: runs for another commit are none of ours, whoever lists them."""
    workflow = {"id": 11, "name": HARDENING, "path": "a.yml", "state": "active"}
    run = {"id": 1, "run_number": 1, "status": "completed", "conclusion": "success", "head_sha": OTHER}
    listed = {"workflow_runs": [run | {"created_at": "2026-01-01T00:00:00Z"}]}
    lists = by_path(
        {
            f"/repos/{REPOSITORY}/actions/workflows?per_page=100&page=1": reply(
                200, json.dumps({"workflows": [workflow]})
            )
        },
        otherwise=reply(200, json.dumps(listed)),
    )
    async with strange(lists) as server:
        assert await latest_run(settings_for(server.url, tmp_path), COMMIT) is None
        assert len(server.asked) == 2
