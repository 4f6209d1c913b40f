"""Who is asked about the orchestrator: Prometheus, Alertmanager, logs, Jenkins, GitHub."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from steadyhand.profile.section import Seconds, SecretRef, Section


class Baseline(Section):
    """One level of E3."""

    expression: str
    """PromQL; {selector} stands for the incident's labels, {window} for the range."""
    threshold: float
    """Above it is not back to baseline."""


class Prometheus(Section):
    """D4 and E3."""

    url: str = "http://127.0.0.1:9090"
    """Its address."""
    timeout_seconds: Seconds = 10.0
    """How long one answer may take."""
    environment_label: str = "environment"
    """The label that names the environment."""
    service_label: str = "service"
    """The label that names the service."""
    scrape_interval_seconds: Seconds = 15.0
    """How often it scrapes the orchestrator."""
    planner_failures: str = "planner_contract_failure_total"
    """D4: the counter of planner contract failures."""
    tasks: str = "orchestrator_tasks_total"
    """The counter of finished tasks."""
    spike_window_seconds: Seconds = 300.0
    """D4: the window that is compared with earlier days."""
    spike_sigmas: float = Field(default=4.0, ge=0)
    """D4: a spike is more than S + sigmas * sqrt(S) + floor, S being the usual count."""
    spike_floor: float = Field(default=3.0, ge=0)
    """D4: see above."""
    baseline_window_seconds: Seconds = 600.0
    """E3: how long the levels must have been back."""
    task_completion: Baseline = Baseline(
        expression='sum(rate(orchestrator_tasks_total{{selector},status="failed"}[{window}]))'
        " / sum(rate(orchestrator_tasks_total{{selector}}[{window}]))",
        threshold=0.05,
    )
    """E3: the share of failed tasks."""
    tool_latency: Baseline = Baseline(
        expression="histogram_quantile(0.95, sum by (le) (rate(tool_latency_seconds_bucket{{selector}}[{window}])))",
        threshold=1.0,
    )
    """E3: the 95th percentile, in seconds."""


class Alertmanager(Section):
    """D5: who is asked for the active alerts."""

    url: str = "http://127.0.0.1:9093"
    """Its address."""
    timeout_seconds: Seconds = 5.0
    """How long one answer may take."""
    team_label: str = "team"
    """The label that names the team."""
    tools_team: str = "ops-memory"
    """D5: the team whose alerts speak of tools and guardrails."""


class FileLogs(Section):
    """The application's log: one JSON object a line, as structlog writes it; rotated files beside it are read too."""

    kind: Literal["file"] = "file"
    path: Path
    """The file; .1, .2, ... and their .gz are its older parts."""
    max_bytes: int = Field(default=50_000_000, gt=0)
    """No more than this is read, from the newest back."""


class LokiLogs(Section):
    """The application's log in Loki."""

    kind: Literal["loki"] = "loki"
    url: str
    """Its address."""
    query: str = '{app="orchestrator"}'
    """The stream selector, in LogQL."""
    tenant: str | None = None
    """Sent as X-Scope-OrgID."""
    token: SecretRef | None = None
    """Sent as a bearer token."""
    timeout_seconds: Seconds = 10.0
    """How long one answer may take."""
    max_lines: int = Field(default=1000, ge=1, le=5000)
    """No more than these are asked for."""
    max_bytes: int = Field(default=20_000_000, gt=0)
    """Reading an answer stops there."""


class Logs(Section):
    """D2, where the orchestrator has no queue endpoint; and D1, where it cannot list its failed tasks."""

    source: Annotated[FileLogs | LokiLogs, Field(discriminator="kind")] | None = None
    """Where the log is: kind "file" or "loki"."""
    failure_event: str = "task_execution_failed"
    """What a failed task's entry is called."""
    event_key: str = "event"
    """The key of an entry that holds its name."""
    time_key: str = "timestamp"
    """The key that holds its time: ISO 8601, or seconds since 1970."""
    task_key: str = "task_id"
    """The key that holds the task's id."""
    error_key: str = "error"
    """The key that holds what went wrong."""
    window_seconds: Seconds = 900.0
    """How far back is looked."""
    failures_limit: int = Field(default=10, ge=0)
    """More failures than this in the window are too many."""


class Jenkins(Section):
    """F5: how old is the last good backup? Without a url nobody is asked, and the probe says so."""

    url: str | None = None
    """Its address."""
    job: str = "MEMORY-SNAPSHOT-NIGHTLY"
    """The job; folders as a/b."""
    user: str = ""
    """Whose token it is."""
    token: SecretRef | None = None
    """An API token; without one Jenkins is asked anonymously."""
    max_age_hours: float = Field(default=26.0, gt=0)
    """An older last good run is too old: a day, and some hours for the run itself."""
    timeout_seconds: Seconds = 10.0
    """How long one answer may take."""
    max_answer_bytes: int = Field(default=2_000_000, gt=0)
    """Reading stops there."""


class GitHub(Section):
    """D7: did lint, contract and e2e succeed for the deployed commit? Without a repository nobody is asked."""

    repository: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$")
    """owner/name."""
    api_url: str = "https://api.github.com"
    """GitHub's API."""
    workflow: str = "Phase 6 Regression Hardening"
    """The workflow's name, or its file's."""
    jobs: tuple[str, ...] = Field(default=("lint", "contract", "e2e"), min_length=1)
    """The jobs that must have succeeded, each by its name or the beginning of it."""
    token: SecretRef | None = None
    """Needs actions:read; public repositories can be read without."""
    timeout_seconds: Seconds = 10.0
    """How long one answer may take."""
    max_answer_bytes: int = Field(default=5_000_000, gt=0)
    """Reading stops there."""
