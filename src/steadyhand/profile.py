"""The target profile: every name of the runbook as a default that can be changed, and our own settings.

One TOML file (`--profile`, else `$STEADYHAND_PROFILE`, else `steadyhand.toml` in the working directory), overridden by
environment variables such as `STEADYHAND_PROMETHEUS__URL`. Read at the edges, passed down, frozen. Secrets stand in it
by reference only. Unknown keys are refused with the nearest known one.
"""

import difflib
import os
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError

DEFAULT_FILE = "steadyhand.toml"
PROFILE_VARIABLE = "STEADYHAND_PROFILE"
Seconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A table of the profile: frozen, and misspelt keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SecretRef(Section):
    """Where a secret is kept: `{ env = "NAME" }` or `{ file = "/path" }`."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError('name a secret by exactly one of { env = "NAME" } and { file = "/path" }')
        return self

    def resolve(self) -> SecretStr:
        """The secret, surrounding white space removed. Raises ConfigurationError when it is absent or empty."""
        if self.env is not None:
            value, where = os.environ.get(self.env, ""), f"the environment variable {self.env}"
        else:
            where = f"the file {self.file}"
            try:
                value = Path(str(self.file)).read_text()
            except OSError as error:
                raise ConfigurationError(f"cannot read the secret in {where}: {error.strerror}") from error
        if not value.strip():
            raise ConfigurationError(f"the secret in {where} is empty or not set")
        return SecretStr(value.strip())


class Routes(Section):
    """Paths of the orchestrator's API (F4, D1, D2)."""

    health: str = "/api/v1/health"
    metrics: str = "/metrics"
    task: str = "/api/v1/tasks/{task_id}"
    recent_failures: str = "/api/v1/tasks?status=failed&limit=10"
    task_queue: str = "/api/v1/diagnostics/task_queue"


class Orchestrator(Section):
    """What is the same in every environment."""

    routes: Routes = Routes()
    timeout_seconds: Seconds = 5.0
    max_answer_bytes: int = Field(default=2_000_000, gt=0)
    planner_variable: str = "PLANNING__ENABLED"
    planner_off: str = "false"
    scheduler_variable: str = "SCHEDULING__BACKEND"
    scheduler_sequential: str = "sequential"
    queue_depth_limit: int = Field(default=50, ge=0)
    queue_oldest_limit_seconds: Seconds = 60.0


class CommandDeployer(Section):
    """Deploys by running programs of yours.

    `state` prints one JSON object: release, environment, healthy, commit, known_good_releases (newest first).
    `apply` reads {"release", "environment"} as JSON from its standard input, and exits 0 only once that state serves.
    """

    kind: Literal["command"] = "command"
    state: tuple[str, ...] = Field(min_length=1)
    apply: tuple[str, ...] = Field(min_length=1)
    timeout_seconds: Seconds = 300.0


class EnvironmentProfile(Section):
    """One environment of the orchestrator."""

    url: str = "http://127.0.0.1:8000"
    deployer: CommandDeployer | None = None
    checkout: str | None = Field(default=None, description="directory of the code; {release} is replaced")
    approval: Literal["person", "policy"] = Field(
        default="person", description="'policy' lets plans pass by a recorded policy; never in production"
    )


class Suite(Section):
    """One of the orchestrator's own test suites, run by `python -m pytest` in a scratch copy of the checkout."""

    arguments: tuple[str, ...]
    timeout_seconds: Seconds = 120.0


class Suites(Section):
    """F3, D3, E1, E2."""

    python: str = Field(default=sys.executable, description="the interpreter with the orchestrator's dependencies")
    regression: Suite = Suite(arguments=("tests/e2e", "-k", "regression_end_to_end"))
    planner_contract: Suite = Suite(arguments=("tests/test_planner_contract_fuzz.py",))
    environment: dict[str, str] = Field(default_factory=dict, description="added to the deployed variables")
    memory_megabytes: int = Field(default=4096, gt=0)


class Baseline(Section):
    """One level of E3: `expression` is PromQL with {selector} for the incident's labels and {window} for the range."""

    expression: str
    threshold: float


class Prometheus(Section):
    """D4 and E3."""

    url: str = "http://127.0.0.1:9090"
    timeout_seconds: Seconds = 10.0
    environment_label: str = "environment"
    service_label: str = "service"
    scrape_interval_seconds: Seconds = 15.0
    planner_failures: str = "planner_contract_failure_total"
    tasks: str = Field(default="orchestrator_tasks_total", description="counter of finished tasks")
    spike_window_seconds: Seconds = 300.0
    baseline_window_seconds: Seconds = 600.0
    task_completion: Baseline = Baseline(
        expression='sum(rate(orchestrator_tasks_total{{selector},status="failed"}[{window}]))'
        " / sum(rate(orchestrator_tasks_total{{selector}}[{window}]))",
        threshold=0.05,
    )
    tool_latency: Baseline = Baseline(
        expression="histogram_quantile(0.95, sum by (le) (rate(tool_latency_seconds_bucket{{selector}}[{window}])))",
        threshold=1.0,
    )


class Alertmanager(Section):
    """D5: who is asked for the active alerts."""

    url: str = "http://127.0.0.1:9093"
    timeout_seconds: Seconds = 5.0
    tools_team: str = "ops-memory"


class Intake(Section):
    """What an alert's labels mean, and what holds where one is missing."""

    default_environment: Environment = Environment.PRODUCTION
    default_service: str = "orchestrator"
    default_team: str = "ops-orchestrator"
    max_body_bytes: int = Field(default=16 * 1024 * 1024, gt=0)


class Receiver(Section):
    """The webhook's own address. Without a token it does not start (`steadyhand up` makes one)."""

    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=1, le=65535)
    token: SecretRef | None = None


class Person(Section):
    """Someone who may decide. `totp` refers to their base32 secret; `environments` is where they may say yes."""

    totp: SecretRef
    environments: tuple[Environment, ...] = tuple(Environment)


class Approvals(Section):
    """P2. With nobody named, nothing can be approved: rule 1 fails closed."""

    people: dict[str, Person] = Field(default_factory=dict)
    mitigation_expires_seconds: Seconds = 3600.0
    closure_expires_seconds: Seconds = 14 * 86400.0


class Mitigation(Section):
    """How a change is measured."""

    verify_window_seconds: Seconds = 300.0
    settle_seconds: Seconds = Field(default=30.0, description="how long the trouble must have stayed away")
    poll_seconds: Seconds = 2.0
    max_attempts_per_incident: int = Field(default=3, ge=1)


class ExitCriteria(Section):
    """How long the master run itself waits for E1-E3 before it leaves them to the schedule."""

    wait_seconds: Seconds = 900.0
    poll_seconds: Seconds = 15.0


class Chat(Section):
    """C1: Apprise addresses by channel name. Every message also goes to the log and a file in the state directory."""

    channels: dict[str, tuple[SecretRef, ...]] = Field(default_factory=dict)
    team_channels: dict[str, str] = {"ops-memory": "#ops-memory"}
    default_channel: str = "#ops-orchestrator"
    timeout_seconds: Seconds = 10.0


class Documents(Section):
    """C2: where the summaries are written, inside a checkout of the documents."""

    root: Path | None = Field(default=None, description="default: documents/ in the state directory")
    summary: str = "docs/daily-updates/{date}-incident.md"


class Prefect(Section):
    """Where the Prefect server answers and how the master run is found."""

    api_url: str = "http://127.0.0.1:4200/api"
    database_url: SecretRef | None = Field(default=None, description="Prefect's database; default: the embedded one")
    deployment: str = "incident/incident"

    def run_address(self, flow_run_id: UUID | None) -> str:
        """The page of a run in the Prefect UI."""
        return f"{self.api_url.removesuffix('/api')}/runs/flow-run/{flow_run_id}"


def _default_state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(base) / "steadyhand"


class Profile(BaseSettings):
    """The whole profile. `load_profile` is the way to get one."""

    model_config = SettingsConfigDict(
        env_prefix="STEADYHAND_", env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    state_dir: Path = Field(default_factory=_default_state_dir)
    database_url: SecretRef | None = Field(default=None, description="our store; default: the embedded Postgres")
    commander: str = Field(default="unassigned (on-call)", description="who commands until someone takes over (F1)")
    orchestrator: Orchestrator = Orchestrator()
    environments: dict[Environment, EnvironmentProfile] = Field(
        default_factory=lambda: {name: EnvironmentProfile() for name in Environment}
    )
    suites: Suites = Suites()
    prometheus: Prometheus = Prometheus()
    alertmanager: Alertmanager = Alertmanager()
    intake: Intake = Intake()
    receiver: Receiver = Receiver()
    approvals: Approvals = Approvals()
    mitigation: Mitigation = Mitigation()
    exit_criteria: ExitCriteria = ExitCriteria()
    chat: Chat = Chat()
    documents: Documents = Documents()
    prefect: Prefect = Prefect()

    @model_validator(mode="after")
    def _production_needs_a_person(self) -> Self:
        production = self.environments.get(Environment.PRODUCTION)
        if production and production.approval == "policy":
            raise ValueError('environments.production.approval: production is approved by a person; use "person"')
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

    def channel(self, team: str) -> str:
        """The channel that follows from the alert's team (F1)."""
        return self.chat.team_channels.get(team, self.chat.default_channel)

    @property
    def documents_root(self) -> Path:
        """Where documents are written."""
        return self.documents.root or self.state_dir / "documents"


def profile_path(given: Path | None = None) -> Path | None:
    """The file that holds: given, else `$STEADYHAND_PROFILE`, else `steadyhand.toml` here, else None."""
    if given is not None:
        return given
    if named := os.environ.get(PROFILE_VARIABLE):
        return Path(named)
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None


def load_profile(path: Path | None = None) -> Profile:
    """The profile from file and environment; all defaults when there is no file.

    Raises ConfigurationError naming the file, the key, what is wrong and the nearest known key.
    """
    path = profile_path(path)
    bound: type[Profile] = Profile
    if path is not None:
        if not path.is_file():
            raise ConfigurationError(
                f"there is no profile at {path}; name another with --profile or {PROFILE_VARIABLE}"
            )

        class FileProfile(Profile):
            model_config = SettingsConfigDict(toml_file=path)

        bound = FileProfile
    try:
        return bound()
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
    except ValidationError as error:
        lines = "\n".join(f"  {_explain(e['loc'], e['type'], e['msg'])}" for e in error.errors())
        raise ConfigurationError(f"{path or 'the environment'} is not a valid profile:\n{lines}") from error


def _explain(location: tuple[int | str, ...], kind: str, message: str) -> str:
    where = ".".join(str(part) for part in location)
    if kind != "extra_forbidden":
        return f"{where or 'profile'}: {message}"
    known = _known_keys(location[:-1])
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(known)}" if known else ""
    return f"{where}: there is no such key{hint}"


def _known_keys(parents: tuple[int | str, ...]) -> list[str]:
    schema: dict[str, object] = Profile.model_json_schema(mode="validation")
    definitions = schema.get("$defs", {})
    node: object = schema
    for parent in parents:
        if not isinstance(node, dict):
            return []
        node = node.get("properties", {}).get(str(parent)) or node.get("additionalProperties", {})
        node = _follow(node, definitions)
    return sorted(node.get("properties", {})) if isinstance(node, dict) else []


def _follow(node: object, definitions: object) -> object:
    if not isinstance(node, dict) or not isinstance(definitions, dict):
        return node
    options = [node, *node.get("anyOf", []), *node.get("allOf", [])]
    reference = next((o["$ref"] for o in options if isinstance(o, dict) and "$ref" in o), None)
    return definitions.get(str(reference).rsplit("/", 1)[-1]) if reference else node
