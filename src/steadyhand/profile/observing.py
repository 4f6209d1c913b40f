"""Who is asked about the orchestrator: Prometheus, Alertmanager, Jenkins, GitHub."""

from pydantic import Field, field_validator

from steadyhand.profile.section import Seconds, SecretRef, Section
from steadyhand.profile.values import Address, LabelName, MetricName, wrong


class Baseline(Section):
    """One level of E3."""

    expression: str
    """PromQL; {selector} stands for the incident's labels, {window} for the range."""
    threshold: float
    """Above it is not back to baseline."""

    @field_validator("expression")
    @classmethod
    def _looks_at_the_incident(cls, expression: str) -> str:
        if "{selector}" not in expression:
            raise wrong("must hold {selector}, or it measures other environments and services too")
        return expression


class Prometheus(Section):
    """Who is asked for the planner's failures (D4) and for the levels that must be back (E3)."""

    url: Address = "http://127.0.0.1:9090"
    """Its address."""
    timeout_seconds: Seconds = 10.0
    """How long one answer may take."""
    environment_label: LabelName = "environment"
    """The label that names the environment."""
    service_label: LabelName = "service"
    """The label that names the service."""
    scrape_interval_seconds: Seconds = 15.0
    """How often it scrapes the orchestrator."""
    planner_failures: MetricName = "planner_contract_failure_total"
    """D4: the counter of planner contract failures."""
    tasks: MetricName = "orchestrator_tasks_total"
    """The counter of finished tasks."""
    spike_window_seconds: Seconds = 300.0
    """D4: the window that is compared with earlier days."""
    spike_sigmas: float = Field(default=4.0, ge=0)
    """D4: a spike is more than S + sigmas * sqrt(S) + floor, S being the usual count."""
    spike_floor: float = Field(default=3.0, ge=0)
    """D4: see above."""
    lookback_seconds: float = Field(default=3600.0, gt=0, le=86400)
    """T1: how far back it is asked what fired, where nothing is known of the last look; later on, since that look."""
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
    """Who is asked for the active alerts (D5), and for those that were never delivered (T1)."""

    url: Address = "http://127.0.0.1:9093"
    """Its address."""
    peers: tuple[Address, ...] = ()
    """The addresses of its cluster's other members: each is asked, and what vanished must be absent from all."""
    receiver: str = Field(default="steadyhand", min_length=1)
    """The name of our receiver in its configuration: only alerts that are routed to it are ours."""
    reconcile_seconds: float = Field(default=60.0, gt=0, le=3600)
    """T1: how often what is known here is compared with what Alertmanager has."""
    settle_seconds: float = Field(default=150.0, ge=0, le=86400)
    """T1: so long after its start it may not know yet of all that fires: Prometheus tells it again every minute."""
    timeout_seconds: Seconds = 5.0
    """How long one answer may take."""
    team_label: LabelName = "team"
    """The label that names the team."""
    tools_team: str = "ops-memory"
    """D5: the team whose alerts speak of tools and guardrails."""
    silence_seconds: float | None = Field(default=None, ge=0, le=86400, allow_inf_nan=False, examples=[900])
    """The longest an incident's own alerts are silenced while its approved plan is carried out, and no shorter than the
    verify window; default, and 0: never. It is removed when the plan is through, and ends by itself otherwise."""


class Jenkins(Section):
    """How old is the last good backup (F5)? Without a url nobody is asked, and the probe says so."""

    url: Address | None = Field(default=None, examples=["https://jenkins.example.test"])
    """Its address."""
    job: str = "MEMORY-SNAPSHOT-NIGHTLY"
    """The job; folders as a/b."""
    user: str = Field(default="", examples=["steadyhand"])
    """Whose token it is."""
    token: SecretRef | None = Field(default=None, examples=[{"env": "JENKINS_TOKEN"}])
    """An API token; without one Jenkins is asked anonymously."""
    max_age_hours: float = Field(default=26.0, gt=0)
    """An older last good run is too old: a day, and some hours for the run itself."""
    timeout_seconds: Seconds = 10.0
    """How long one answer may take."""
    max_answer_bytes: int = Field(default=2_000_000, gt=0)
    """No more bytes of an answer are read."""


class GitHub(Section):
    """Did lint, contract and e2e succeed for the deployed commit (D7)? Without a repository nobody is asked."""

    repository: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$", examples=["acme/orchestrator"])
    """The repository whose workflow is looked at: owner/name."""
    api_url: Address = "https://api.github.com"
    """GitHub's API."""
    workflow: str = "Phase 6 Regression Hardening"
    """The workflow's name, or its file's."""
    jobs: tuple[str, ...] = Field(default=("lint", "contract", "e2e"), min_length=1)
    """The jobs that must have succeeded, each by its name or the beginning of it."""
    token: SecretRef | None = Field(default=None, examples=[{"env": "GITHUB_TOKEN"}])
    """A token with actions:read; public repositories can be read without."""
    timeout_seconds: Seconds = 10.0
    """How long one answer may take."""
    max_answer_bytes: int = Field(default=5_000_000, gt=0)
    """No more bytes of an answer are read."""
