"""The whole profile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError
from steadyhand.profile.logs import Logs
from steadyhand.profile.merging import still_holding, with_shared
from steadyhand.profile.observing import Alertmanager, GitHub, Jenkins, Prometheus
from steadyhand.profile.receiving import Receiver
from steadyhand.profile.references import references
from steadyhand.profile.section import SecretRef
from steadyhand.profile.steering import (
    Approvals,
    Chat,
    Documents,
    ExitCriteria,
    Intake,
    Mitigation,
    Prefect,
)
from steadyhand.profile.target import SHARED, EnvironmentProfile, Orchestrator, Reviews, Suites, default_state_dir
from steadyhand.profile.values import wrong

UNASSIGNED = "unassigned (on-call)"
ENVIRONMENT_PREFIX = "STEADYHAND_"


class _Given(InitSettingsSource):
    """What is given, without what a variable replaces as a whole."""

    def __call__(self) -> dict[str, Any]:
        return still_holding(super().__call__(), self.current_state)


class Profile(BaseSettings):
    """The target profile. `load_profile` is the way to get one."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        validate_default=True,
    )

    state_dir: Path = Field(default_factory=default_state_dir, examples=["/var/lib/steadyhand/state"])
    """Where Steadyhand keeps its own files; default: $XDG_STATE_HOME/steadyhand, else ~/.local/state/steadyhand."""
    database_url: SecretRef | None = Field(default=None, examples=[{"env": "STEADYHAND_DATABASE"}])
    """Our store, postgresql://...; default: the embedded Postgres."""
    commander: str = Field(default=UNASSIGNED, min_length=1, max_length=200)
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
        """An environment's table holds only what differs from the shared ones."""
        return with_shared(given) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _production_needs_a_person(self) -> Self:
        production = self.environments.get(Environment.PRODUCTION)
        if production and production.approval == "policy":
            raise wrong('production is approved by a person; use "person"', "environments", "production", "approval")
        return self

    @model_validator(mode="after")
    def _blocks_are_read_from_the_server_named_here(self) -> Self:
        for _, reference in references(self):
            reference.asked_at(self.prefect.api_url)
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
        """Variables over what is given, the file's tables: an override at hand wins over what was written down."""
        given = init_settings.init_kwargs if isinstance(init_settings, InitSettingsSource) else {}
        return env_settings, _Given(settings_cls, given)

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

    def called(self, name: Environment) -> str:
        """What the environment's label says of it, in alerts and in metrics."""
        return next((label for label, meant in self.intake.environment_names.items() if meant is name), name.value)

    def reviewer(self, commander: str) -> str | None:
        """Who is engaged for an incident of this commander (M4); None where nobody is named."""
        return self.reviews.reviewer or (commander if commander != UNASSIGNED else None)

    def channel(self, team: str) -> str:
        """The channel that follows from the alert's team (F1)."""
        return self.chat.team_channels.get(team, self.chat.default_channel)

    @property
    def documents_root(self) -> Path:
        """Where documents are written."""
        return self.documents.root or self.state_dir / "documents"
