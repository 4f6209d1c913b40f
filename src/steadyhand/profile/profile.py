"""The whole profile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError
from steadyhand.profile.observing import Alertmanager, GitHub, Jenkins, Logs, Prometheus
from steadyhand.profile.section import SecretRef, Section
from steadyhand.profile.steering import (
    Approvals,
    Chat,
    Documents,
    ExitCriteria,
    Intake,
    Mitigation,
    Prefect,
    Receiver,
)
from steadyhand.profile.target import SHARED, EnvironmentProfile, Orchestrator, Reviews, Suites, default_state_dir

ENVIRONMENT_PREFIX = "STEADYHAND_"


class Profile(BaseSettings):
    """The target profile. `load_profile` is the way to get one."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        validate_default=True,
        use_attribute_docstrings=True,
    )

    state_dir: Path = Field(default_factory=default_state_dir)
    """Where Steadyhand keeps its own files."""
    database_url: SecretRef | None = None
    """Our store; default: the embedded Postgres."""
    commander: str = "unassigned (on-call)"
    """F1: who commands until someone takes over."""
    orchestrator: Orchestrator = Orchestrator()
    environments: dict[Environment, EnvironmentProfile] = Field(
        default_factory=lambda: {name: EnvironmentProfile() for name in Environment}
    )
    """[environments.staging] and [environments.production]."""
    suites: Suites = Suites()
    prometheus: Prometheus = Prometheus()
    alertmanager: Alertmanager = Alertmanager()
    logs: Logs = Logs()
    jenkins: Jenkins = Jenkins()
    github: GitHub = GitHub()
    reviews: Reviews = Reviews()
    intake: Intake = Intake()
    receiver: Receiver = Receiver()
    approvals: Approvals = Approvals()
    mitigation: Mitigation = Mitigation()
    exit_criteria: ExitCriteria = ExitCriteria()
    chat: Chat = Chat()
    documents: Documents = Documents()
    prefect: Prefect = Field(default_factory=Prefect)

    @model_validator(mode="before")
    @classmethod
    def _overrides(cls, given: Any) -> Any:
        """An environment's table holds only what differs: the shared one is laid under it."""
        environments = given.get("environments") if isinstance(given, Mapping) else None
        if not isinstance(environments, Mapping):
            return given
        return {**given, "environments": {name: _with_shared(own, given) for name, own in environments.items()}}

    @model_validator(mode="after")
    def _production_needs_a_person(self) -> Self:
        production = self.environments.get(Environment.PRODUCTION)
        if production and production.approval == "policy":
            raise ValueError('environments.production.approval: production is approved by a person; use "person"')
        return self

    @model_validator(mode="after")
    def _blocks_are_read_from_the_server_named_here(self) -> Self:
        for name in type(self).model_fields:
            _tell_secrets(getattr(self, name), self.prefect.api_url)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over arguments over file: an override at hand wins over what was written down."""
        toml_file = settings_cls.model_config.get("toml_file")
        if toml_file is None:
            return env_settings, init_settings
        return env_settings, init_settings, TomlConfigSettingsSource(settings_cls)

    def environment(self, name: Environment) -> EnvironmentProfile:
        """The section of this environment. Raises ConfigurationError when the profile has none."""
        try:
            return self.environments[name]
        except KeyError as error:
            raise ConfigurationError(f"the profile has no [environments.{name}]; add one with its url") from error

    def within(self, name: Environment) -> Self:
        """The profile as it holds in this environment: its own tables in place of the shared ones."""
        own = self.environments.get(name)
        found = {table: getattr(own, table) for table in SHARED} if own else {}
        return self.model_copy(update={table: value for table, value in found.items() if value is not None})

    def channel(self, team: str) -> str:
        """The channel that follows from the alert's team (F1)."""
        return self.chat.team_channels.get(team, self.chat.default_channel)

    @property
    def documents_root(self) -> Path:
        """Where documents are written."""
        return self.documents.root or self.state_dir / "documents"


def _with_shared(own: Any, given: Mapping[str, Any]) -> Any:
    if not isinstance(own, Mapping):
        return own
    return {**own, **{t: _laid_over(given[t], own[t]) for t in SHARED if t in own and t in given}}


def _laid_over(under: Any, over: Any) -> Any:
    if isinstance(under, Section):
        under = under.model_dump(exclude_unset=True)
    if not isinstance(under, Mapping) or not isinstance(over, Mapping) or _another_kind(under, over):
        return over
    return {**under, **{k: _laid_over(under[k], v) if k in under else v for k, v in over.items()}}


def _another_kind(under: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    return "kind" in over and over["kind"] != under.get("kind")


def _tell_secrets(value: Any, api_url: str) -> None:
    if isinstance(value, SecretRef):
        value.asked_at(api_url)
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            _tell_secrets(getattr(value, name), api_url)
    elif isinstance(value, Mapping | tuple):
        for one in value.values() if isinstance(value, Mapping) else value:
            _tell_secrets(one, api_url)
