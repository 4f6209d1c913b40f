"""How long alerts may be silenced: off unless somebody writes a number, and a day at most."""

from pathlib import Path

import pytest

from steadyhand.domain.incident import Environment
from steadyhand.profile import Profile, load_profile
from tests.unit.profile.files import problem_of, profile_file


def test_nothing_is_silenced_by_default() -> None:
    assert Profile().alertmanager.silence_seconds is None


@pytest.mark.parametrize("seconds", ["-1", "86401", "inf", "nan", "'long'"])
def test_an_endless_or_impossible_silence_is_refused_with_its_line(tmp_path: Path, seconds: str) -> None:
    problem = problem_of(tmp_path, f"[alertmanager]\nsilence_seconds = {seconds}\n")
    assert (problem.key, problem.line) == ("alertmanager.silence_seconds", 2)


def test_an_environment_has_its_own(tmp_path: Path) -> None:
    text = "[alertmanager]\nsilence_seconds = 900\n[environments.staging.alertmanager]\nsilence_seconds = 0\n"
    profile = load_profile(profile_file(tmp_path, text))
    seconds = {name: profile.within(name).alertmanager.silence_seconds for name in Environment}
    assert seconds == {Environment.STAGING: 0, Environment.PRODUCTION: 900}
