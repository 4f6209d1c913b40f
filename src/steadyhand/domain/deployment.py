"""What is deployed, as the deployer reads it and as we wish it to be."""

from collections.abc import Collection, Iterable

from pydantic import Field

from steadyhand.domain.record import Record


class DesiredDeployment(Record):
    """The state a mitigation converges on: one release and the whole of the environment we manage."""

    release: str = Field(min_length=1, max_length=200)
    environment: dict[str, str]


_NAMES_KEPT = 500


def other_than(managed: Collection[str], names: Iterable[str]) -> tuple[str, ...]:
    """The names that are not managed, sorted, each once, and not without end."""
    return tuple(sorted({name for name in names if name not in managed})[:_NAMES_KEPT])


class Deployment(DesiredDeployment):
    """What the deployer read just now. Of `other_variables`, which we do not manage, the names only."""

    healthy: bool
    commit: str = ""
    known_good_releases: tuple[str, ...] = ()
    other_variables: tuple[str, ...] = ()

    @property
    def desired(self) -> DesiredDeployment:
        """The part that can be asked for again: what a revert restores."""
        return DesiredDeployment(release=self.release, environment=self.environment)

    @property
    def last_known_good(self) -> str | None:
        """The newest known good release that is not the current one, or None."""
        return next((r for r in self.known_good_releases if r != self.release), None)
