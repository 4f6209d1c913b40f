"""The profile as it holds, after every override; secrets by reference only."""

from typing import Any

import tomlkit

from steadyhand.domain.incident import Environment
from steadyhand.profile.profile import Profile
from steadyhand.profile.target import SHARED


def effective(profile: Profile, environment: Environment | None = None) -> dict[str, Any]:
    """Every key that has a value. For one environment: with its own tables in place of the shared ones.

    Raises ConfigurationError when the profile does not have that environment.
    """
    if environment is None:
        return profile.model_dump(mode="json", exclude_none=True)
    own = profile.environment(environment).model_copy(update=dict.fromkeys(SHARED))
    return (
        profile.within(environment)
        .model_copy(update={"environments": {environment: own}})
        .model_dump(mode="json", exclude_none=True)
    )


def as_profile(tables: dict[str, Any]) -> str:
    """These tables as a profile that can be read again."""
    return tomlkit.dumps(tables)
