"""How old the last good backup is, and what is said besides (F5)."""

from datetime import UTC, datetime, timedelta

import pytest

from steadyhand.clients.backup import Backup, Listing, Run
from steadyhand.domain.evidence import Answer, Verdict
from steadyhand.probes.last_backup import judged

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MAX_AGE_HOURS = 26.0


def run(number: int, result: str | None, *, hours_ago: float, minutes: float = 12, running: bool = False) -> Run:
    """A run that began so long ago."""
    return Run.model_validate(
        {
            "number": number,
            "result": result,
            "running": running,
            "started_at": NOW - timedelta(hours=hours_ago),
            "duration": timedelta(minutes=0 if running else minutes),
        }
    )


def backup(*runs: Run, enabled: bool = True) -> Backup:
    """A job with these runs, the newest last."""
    ended = [r for r in runs if not r.running]
    good = [r for r in ended if r.result == "SUCCESS"]
    return Backup(
        last_run=runs[-1] if runs else None,
        last_ended=ended[-1] if ended else None,
        last_success=good[-1] if good else None,
        enabled=enabled,
    )


def asked(*runs: Run, enabled: bool = True) -> Answer:
    """The judgement of a job with these runs."""
    return judged(backup(*runs, enabled=enabled), NOW, MAX_AGE_HOURS)


def test_a_young_good_backup_is_ok_and_its_age_counts_from_its_end() -> None:
    """F5."""
    answer = asked(run(412, "SUCCESS", hours_ago=7.2, minutes=12))
    assert answer.verdict is Verdict.OK
    assert answer.summary == "the last good backup, run 412, is 7 h old"
    assert answer.facts["age_hours"] == 7.0
    assert answer.facts["last_success"] == {
        "number": 412,
        "result": "SUCCESS",
        "ended_at": "2026-11-23T02:00:00+00:00",
        "url": "",
    }


@pytest.mark.parametrize(("minutes", "verdict"), [(26 * 60, Verdict.OK), (26 * 60 + 1, Verdict.BAD)])
def test_a_backup_is_too_old_right_after_its_limit(minutes: int, verdict: Verdict) -> None:
    """F5."""
    answer = asked(run(1, "SUCCESS", hours_ago=minutes / 60, minutes=0))
    assert answer.verdict is verdict
    assert ("more than the 26 h allowed" in answer.summary) is (verdict is Verdict.BAD)


@pytest.mark.parametrize("result", ["FAILURE", "UNSTABLE", "ABORTED", "NOT_BUILT"])
def test_a_failed_run_after_a_young_good_one_is_ok_but_said_plainly(result: str) -> None:
    """F5: the good backup has not become older."""
    answer = asked(run(411, "SUCCESS", hours_ago=20), run(412, result, hours_ago=2))
    assert answer.verdict is Verdict.OK
    assert f"; the latest run to end, 412, ended {result} at 2026-11-23 07:12 UTC" in answer.summary


def test_a_failed_run_after_an_old_good_one_is_bad_and_says_both() -> None:
    """F5."""
    answer = asked(run(411, "SUCCESS", hours_ago=50), run(412, "FAILURE", hours_ago=2))
    assert answer.verdict is Verdict.BAD
    assert "run 411, is 49.8 h old, more than the 26 h allowed; the latest run to end, 412, ended FAILURE" in (
        answer.summary
    )


def test_a_run_under_way_makes_nothing_good_but_is_mentioned_with_the_failure_before_it() -> None:
    """F5."""
    under_way = run(413, None, hours_ago=0.5, running=True)
    answer = asked(run(411, "SUCCESS", hours_ago=50), run(412, "FAILURE", hours_ago=2), under_way)
    assert answer.verdict is Verdict.BAD
    assert "412, ended FAILURE" in answer.summary
    assert answer.summary.endswith("; run 413 has been under way for 30 min")
    assert answer.facts["running"] is True


def test_a_run_that_already_calls_itself_a_success_is_still_only_under_way() -> None:
    """F5: Jenkins may set a result before the run has ended."""
    answer = asked(run(1, "SUCCESS", hours_ago=0.1, running=True))
    assert answer.verdict is Verdict.BAD
    assert answer.summary == "there is no good backup: no run has succeeded; run 1 has been under way for 6 min"


def test_a_job_that_never_succeeded_has_no_backup() -> None:
    """F5."""
    answer = asked(run(1, "FAILURE", hours_ago=30), run(2, "FAILURE", hours_ago=2))
    assert answer.verdict is Verdict.BAD
    assert answer.summary.startswith("there is no good backup: no run has succeeded; the latest run to end, 2, ended F")
    assert answer.facts["age_hours"] is None


def test_a_job_that_never_ran_has_no_backup() -> None:
    """F5: that is a fact, not a question left open."""
    answer = asked()
    assert (answer.verdict, answer.summary) == (Verdict.BAD, "there is no good backup: the job never ran")


def test_a_disabled_job_is_mentioned() -> None:
    """F5: it is why the next backup will not come."""
    answer = asked(run(412, "SUCCESS", hours_ago=7), enabled=False)
    assert answer.verdict is Verdict.OK
    assert answer.summary.endswith("; the job is disabled")


@pytest.mark.parametrize(
    ("minutes_ahead", "verdict"), [(5, Verdict.OK), (5.1, Verdict.UNKNOWN), (60 * 24 * 400, Verdict.UNKNOWN)]
)
def test_a_clock_that_is_ahead_of_ours_tells_no_age(minutes_ahead: float, verdict: Verdict) -> None:
    """F5, rule 4: a backup from the future would stay young for ever."""
    answer = asked(run(412, "SUCCESS", hours_ago=-minutes_ahead / 60, minutes=0))
    assert answer.verdict is verdict
    assert answer.facts["age_hours"] == 0.0
    assert ("clock" in answer.summary) is (verdict is Verdict.UNKNOWN)


def test_a_running_build_from_the_future_tells_of_a_wrong_clock_too() -> None:
    """F5, rule 4."""
    answer = asked(run(411, "SUCCESS", hours_ago=2), run(412, None, hours_ago=-3, running=True))
    assert answer.verdict is Verdict.UNKNOWN


def test_folders_are_listed_by_the_full_names_of_what_is_in_them() -> None:
    """F5: they are what jenkins.job may hold."""
    found = Listing.model_validate(
        {"jobs": [{"name": "z"}, {"name": "a", "jobs": [{"name": "b"}, {"name": "c", "jobs": []}]}], "_class": "x"}
    )
    assert found.names() == ("a/b", "z")
