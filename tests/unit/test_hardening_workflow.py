"""What a run of the regression workflow means (D7)."""

import pytest

from steadyhand.clients.github import Job, WorkflowRun
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.record import utc_now
from steadyhand.probes.hardening_workflow import judged, matching

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WANTED = ("lint", "contract", "e2e")
UNDER_WAY = ("queued", "in_progress", "waiting", "pending", "requested")
GREEN = {"lint": "success", "contract": "success", "e2e": "success"}


def jobs(outcomes: dict[str, str]) -> tuple[Job, ...]:
    """Completed jobs; a word that is a status belongs to one that is not."""
    return tuple(
        Job(id=number, name=name, status=word)
        if word in UNDER_WAY
        else Job(id=number, name=name, status="completed", conclusion=word)
        for number, (name, word) in enumerate(outcomes.items())
    )


def run(outcomes: dict[str, str], *, attempt: int = 1, conclusion: str | None = "success") -> WorkflowRun:
    """A run with these jobs."""
    return WorkflowRun(
        id=7,
        number=3,
        attempt=attempt,
        status="completed" if conclusion else "in_progress",
        conclusion=conclusion,
        url="http://github.test/acme/orchestrator/actions/runs/7",
        created_at=utc_now(),
        head_sha=COMMIT,
        jobs=jobs(outcomes),
    )


def test_all_wanted_jobs_succeeded_is_ok() -> None:
    """D7."""
    answer = judged(run(GREEN), WANTED, COMMIT)
    assert (answer.verdict, answer.summary) == (Verdict.OK, "commit 0123456789ab: lint, contract, e2e succeeded")
    assert answer.facts["jobs"] == GREEN
    assert answer.facts["run"] == "http://github.test/acme/orchestrator/actions/runs/7"


@pytest.mark.parametrize("word", ["failure", "timed_out", "startup_failure"])
def test_a_failed_job_is_bad_and_named_whatever_else_is_under_way(word: str) -> None:
    """D7: no need to wait for the others."""
    answer = judged(run(GREEN | {"contract": word, "e2e": "in_progress"}, conclusion=None), WANTED, COMMIT)
    assert answer.verdict is Verdict.BAD
    assert f"contract: {word}" in answer.summary


@pytest.mark.parametrize(
    "word", [*UNDER_WAY, "cancelled", "skipped", "neutral", "action_required", "stale", "a_word_of_the_future"]
)
def test_a_job_that_neither_succeeded_nor_failed_is_unknown_in_githubs_word(word: str) -> None:
    """D7, rule 4."""
    answer = judged(run(GREEN | {"e2e": word}), WANTED, COMMIT)
    assert answer.verdict is Verdict.UNKNOWN
    assert f"e2e: {word}" in answer.summary


def test_a_wanted_job_that_is_not_there_is_unknown() -> None:
    """D7, rule 4: a renamed job has not succeeded."""
    answer = judged(run({"lint": "success", "contract": "success"}), WANTED, COMMIT)
    assert answer.verdict is Verdict.UNKNOWN
    assert "e2e: there is no such job" in answer.summary


def test_a_missing_job_does_not_hide_a_failed_one() -> None:
    """D7."""
    assert judged(run({"lint": "failure"}), WANTED, COMMIT).verdict is Verdict.BAD


def test_no_run_for_the_commit_is_unknown() -> None:
    """D7, rule 4."""
    answer = judged(None, WANTED, COMMIT)
    assert answer.verdict is Verdict.UNKNOWN
    assert "no run of the workflow for commit 0123456789ab" in answer.summary


def test_a_workflow_that_could_not_be_started_is_bad_although_it_has_no_jobs() -> None:
    """D7: its file is broken on this commit."""
    answer = judged(run({}, conclusion="startup_failure"), WANTED, COMMIT)
    assert (answer.verdict, answer.facts["conclusion"]) == (Verdict.BAD, "startup_failure")


def test_the_attempt_is_told_when_it_is_not_the_first() -> None:
    """D7: a person should know that it took a second try."""
    answer = judged(run(GREEN, attempt=3), WANTED, COMMIT)
    assert (answer.verdict, answer.facts["attempt"]) == (Verdict.OK, 3)
    assert ", attempt 3: " in answer.summary


def test_other_jobs_of_the_run_do_not_count() -> None:
    """D7: lint, contract and e2e are asked for, not the run's colour."""
    assert judged(run(GREEN | {"publish": "failure"}, conclusion="failure"), WANTED, COMMIT).verdict is Verdict.OK


def test_every_part_of_a_matrix_must_have_succeeded() -> None:
    """D7."""
    matrix = {"lint": "success", "contract": "success", "e2e (3.11)": "success", "e2e (3.12)": "failure"}
    assert judged(run(matrix), WANTED, COMMIT).verdict is Verdict.BAD
    assert judged(run(matrix | {"e2e (3.12)": "success"}), WANTED, COMMIT).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ({"E2E", "e2e (3.11)"}, {"E2E"}),
        ({"e2e (3.11)", "E2E (3.12)", "lint"}, {"e2e (3.11)", "E2E (3.12)"}),
        ({"hardening / e2e", "hardening / lint"}, {"hardening / e2e"}),
        ({"hardening / e2e (3.11)", "x / y / e2e (3.12)"}, {"hardening / e2e (3.11)", "x / y / e2e (3.12)"}),
        ({"e2e / run"}, {"e2e / run"}),
        ({"not-e2e", "pre e2e"}, set()),
    ],
)
def test_a_job_goes_by_its_name_or_the_beginning_of_it(names: set[str], found: set[str]) -> None:
    """D7: exact names before beginnings; reusable workflows put their caller's name in front."""
    assert {job.name for job in matching(jobs(dict.fromkeys(sorted(names), "success")), "e2e")} == found


def test_of_two_jobs_with_one_name_the_failed_one_counts() -> None:
    """D7: nothing forbids it in a workflow."""
    twice = (*jobs({"lint": "failure"}), *(j.model_copy(update={"id": 9}) for j in jobs(GREEN)))
    answer = judged(run(GREEN).model_copy(update={"jobs": twice}), WANTED, COMMIT)
    assert answer.verdict is Verdict.BAD
    assert answer.facts["jobs"] == GREEN | {"lint": "failure"}


def test_hostile_names_are_cut() -> None:
    """Rule 8."""
    answer = judged(run({"lint" + "x" * 50_000: "failure"}), WANTED, COMMIT)
    assert answer.verdict is Verdict.BAD
    assert len(answer.summary) < 2001
    assert len(str(answer.facts)) < 1000
