"""Profiles in files, and what is wrong with them."""

from pathlib import Path

import pytest

from steadyhand.profile import load_profile
from steadyhand.profile.problems import InvalidProfile, Problem


def profile_file(directory: Path, text: str | bytes) -> Path:
    """A profile file that holds exactly this."""
    file = directory / "mine.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def problems_of(directory: Path, text: str | bytes) -> tuple[Problem, ...]:
    """What is wrong with a profile of this text; the test fails when nothing is."""
    with pytest.raises(InvalidProfile) as caught:
        load_profile(profile_file(directory, text))
    return caught.value.problems


def problem_of(directory: Path, text: str | bytes) -> Problem:
    """The one thing that is wrong."""
    (problem,) = problems_of(directory, text)
    return problem
