"""What `steadyhand profile check` tells: everything that can be said about a profile without asking anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from steadyhand.errors import ConfigurationError
from steadyhand.profile.advice import advice
from steadyhand.profile.coverage import unconfigured
from steadyhand.profile.explaining import placed
from steadyhand.profile.lines import LineNumbers
from steadyhand.profile.loading import load_profile, text_of
from steadyhand.profile.machine import missing_here
from steadyhand.profile.problems import InvalidProfile, Problem
from steadyhand.profile.profile import Profile


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that was found; `profile` is None when the file does not hold."""

    path: Path | None
    profile: Profile | None
    problems: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        """Whether it can be worked with."""
        return self.profile is not None

    def lines(self) -> Iterator[str]:
        """For a person: one problem a line, then what the profile means in each environment."""
        yield from (str(problem) for problem in self.problems)
        if self.profile is not None:
            yield f"{self.path or 'no file: the defaults, with the environment,'} is valid"
            yield from _summary(self.profile)


def checked(path: Path | None) -> Report:
    """What is wrong with the file and the variables that override it, or what to look at again."""
    try:
        profile = load_profile(path)
        text = text_of(path) if path is not None else ""
    except InvalidProfile as error:
        return Report(path=path, profile=None, problems=error.problems)
    except ConfigurationError as error:
        return Report(path=path, profile=None, problems=(Problem(key="", message=str(error)),))
    lines = LineNumbers(text)
    told = (*advice(profile), *missing_here(profile))
    problems = tuple(placed(one.key, one.message, lines, path, level="warning") for one in told)
    return Report(path=path, profile=profile, problems=problems)


def _summary(profile: Profile) -> Iterator[str]:
    for name, own in profile.environments.items():
        people = [who for who, person in profile.approvals.people.items() if name in person.environments]
        approval = "by policy" if own.approval == "policy" else f"by {', '.join(people) or 'nobody'}"
        deployer = own.deployer.kind if own.deployer else "none"
        yield f"{name}: {own.url}; deployer: {deployer}; approved {approval}"
        missing = unconfigured(profile, name)
        if missing:
            yield "  not configured, so unknown in an incident:"
            yield from (f"  - {what}" for what in missing)
