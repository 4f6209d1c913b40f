"""What the stand-in for Jenkins knows: who may ask, and how each job's builds went. Rewritten by whoever rehearses."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field

from steadyhand.rehearsal.durable import replace_file
from steadyhand.rehearsal.state import Record

BACKUP_JOB = "MEMORY-SNAPSHOT-NIGHTLY"
USER = "steadyhand"
API_TOKEN = "11rehearsal"  # noqa: S105 - opens nothing but this stand-in

Result = Literal["SUCCESS", "UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED"]


class BuildState(Record):
    """One build; without a result it is running."""

    number: int = Field(ge=1)
    result: Result | None
    started_at: AwareDatetime
    seconds: float = Field(default=0.0, ge=0)


class JobState(Record):
    """A job, its builds in any order."""

    builds: tuple[BuildState, ...] = ()
    disabled: bool = False

    def latest(self, *results: Result) -> BuildState | None:
        """The newest build with one of these results; of all builds, where none is named."""
        builds = [build for build in self.builds if not results or build.result in results]
        return max(builds, key=lambda build: build.number, default=None)


class JenkinsState(Record):
    """Jobs by full name, folders as a/b; and users with their API tokens."""

    jobs: dict[str, JobState]
    users: dict[str, str] = Field(default_factory=lambda: {USER: API_TOKEN})

    @classmethod
    def read(cls, file: Path) -> "JenkinsState":
        """The state as it is now."""
        return cls.model_validate_json(file.read_bytes())

    def write(self, file: Path) -> None:
        """From now on, this is the state; readers never see half of it."""
        replace_file(file, self.model_dump_json(indent=2))


def fresh(now: datetime) -> JenkinsState:
    """Last night's snapshot succeeded, and the two before it: each at about two o'clock in the night, UTC."""
    tonight = now.replace(hour=2, minute=0, second=0, microsecond=0)
    last = tonight if tonight + timedelta(hours=1) <= now else tonight - timedelta(days=1)
    builds = tuple(
        BuildState(number=412 - ago, result="SUCCESS", started_at=last - timedelta(days=ago), seconds=754.0)
        for ago in range(3)
    )
    return JenkinsState(jobs={BACKUP_JOB: JobState(builds=builds)})
