"""What a check may know: the profile as it holds in one environment, and what several checks ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

import tomlkit

from steadyhand.clients.deployers import deployer_of
from steadyhand.doctor.once import Once
from steadyhand.domain.deployment import Deployment
from steadyhand.domain.incident import Environment
from steadyhand.probes.calm import calm
from steadyhand.probes.probe import Case
from steadyhand.profile import EnvironmentProfile, Profile


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One environment under examination. `profile` is `Profile.within` it; `quick` leaves the suites out."""

    profile: Profile
    name: Environment
    quick: bool
    deployment: Once[Deployment]

    @property
    def environment(self) -> EnvironmentProfile:
        """Its own table."""
        return self.profile.environment(self.name)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that its series and alerts should carry."""
        names = self.profile.prometheus
        called, service = self.profile.called(self.name), self.profile.intake.default_service
        return {names.environment_label: called, names.service_label: service}

    @property
    def case(self) -> Case:
        """What a probe needs to look here when nothing is wrong."""
        return calm(self.profile, self.name, self.profile.intake.default_service)

    def line(self, table: str, key: str, value: object) -> str | None:
        """The profile's line that sets this key of a shared table where it holds: for all, or here only."""
        own = getattr(self.environment, table, None) is not None
        return profile_line(f"environments.{self.name}.{table}.{key}" if own else f"{table}.{key}", value)


def ground(profile: Profile, name: Environment, *, quick: bool) -> Ground:
    """The ground of one environment; what is deployed is read when the first check wants it."""
    within = profile.within(name)

    async def read() -> Deployment:
        return await deployer_of(within, name).state()

    return Ground(profile=within, name=name, quick=quick, deployment=Once(read))


def profile_line(key: str, value: object) -> str | None:
    """`key = value` in TOML; None when the value is a stranger's that cannot be shown on one line (rule 8)."""
    line = f"{key} = {_toml(value)}"
    return line if line.isprintable() else None


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return str(tomlkit.item(value).as_string())
