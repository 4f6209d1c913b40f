"""A profile as it would be with a line that the doctor says to write."""

import tomllib

from steadyhand.doctor.ground import Ground, ground
from steadyhand.domain.incident import Environment
from steadyhand.profile import Profile


def with_line(line: str | None) -> Profile:
    """The default profile with this line in its file; it is one line, and the profile takes it."""
    assert line is not None
    assert line.isprintable()
    return Profile.model_validate(tomllib.loads(line))


def here(profile: Profile | None = None, *, quick: bool = True) -> Ground:
    """Production under this profile."""
    return ground(profile or Profile(), Environment.PRODUCTION, quick=quick)
