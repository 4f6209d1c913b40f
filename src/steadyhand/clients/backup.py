"""What Jenkins says about a job's runs (F5) and which jobs there are: the fields asked for, and their meaning."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_FOLDERS_DEEP = 4
_LONGEST_MILLISECONDS = 10 * 365 * 86_400_000
_LATEST_MILLISECONDS = 10_000_000_000_000
"""In the year 2286: later ones, and any arithmetic with them, are nonsense."""


def _instant(value: object) -> object:
    """Jenkins counts milliseconds since 1970; what is no such count is left to fail."""
    if isinstance(value, int) and 0 <= value <= _LATEST_MILLISECONDS:
        return datetime.fromtimestamp(value / 1000, UTC)
    return value if isinstance(value, datetime) else None


def _duration(value: object) -> object:
    """Milliseconds; below zero, as after a clock was set back, they are none."""
    if isinstance(value, int) and value <= _LONGEST_MILLISECONDS:
        return timedelta(milliseconds=max(0, value))
    return value if isinstance(value, timedelta) else None


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Run(_Wire):
    """One build. While it is running it has no duration, and `result` may already say what it will end with."""

    number: int
    result: Literal["SUCCESS", "UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED"] | None
    running: bool = Field(alias="building")
    started_at: Annotated[AwareDatetime, BeforeValidator(_instant)] = Field(alias="timestamp")
    duration: Annotated[timedelta, BeforeValidator(_duration)]
    url: str = Field(default="", max_length=2000)

    @property
    def ended_at(self) -> datetime:
        """When it was over; its beginning, while it is running."""
        return self.started_at + self.duration


class Backup(_Wire):
    """How the job has been doing; each run is None where there was none.

    `last_success` ended SUCCESS: what Jenkins calls stable. Its "successful" means UNSTABLE too, and a backup of which
    a part failed is not a good one.
    """

    last_run: Run | None = Field(alias="lastBuild")
    last_ended: Run | None = Field(alias="lastCompletedBuild")
    last_success: Run | None = Field(alias="lastStableBuild")
    enabled: bool = Field(default=True, alias="buildable")

    @property
    def under_way(self) -> Run | None:
        """The run that is running now."""
        return self.last_run if self.last_run and self.last_run.running else None


class Entry(_Wire):
    """A job, or a folder when it has `jobs`."""

    name: str
    jobs: tuple["Entry", ...] | None = None


class Listing(_Wire):
    """A folder, or all of Jenkins."""

    jobs: tuple[Entry, ...]

    def names(self) -> tuple[str, ...]:
        """Full names of the jobs in it and in its folders, sorted."""
        return tuple(sorted(_leaves(self.jobs, "")))


def _leaves(entries: tuple[Entry, ...], folder: str) -> Iterator[str]:
    for entry in entries:
        name = f"{folder}{entry.name}"
        if entry.jobs is None:
            yield name
        else:
            yield from _leaves(entry.jobs, f"{name}/")


def _listing_tree() -> str:
    tree = "jobs[name]"
    for _ in range(_FOLDERS_DEEP):
        tree = f"jobs[name,{tree}]"
    return tree


_RUN = "number,result,building,timestamp,duration,url"
TREE = f"buildable,lastBuild[{_RUN}],lastCompletedBuild[{_RUN}],lastStableBuild[{_RUN}]"
LISTING_TREE = _listing_tree()
