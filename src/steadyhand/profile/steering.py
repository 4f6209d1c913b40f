"""Steadyhand's own settings: intake, approvals, mitigation, communication, and where its parts run."""

import os
from pathlib import Path, PurePosixPath
from uuid import UUID

from pydantic import Field, field_validator

from steadyhand.domain.incident import Environment
from steadyhand.profile.section import PREFECT_DEFAULT, PREFECT_VARIABLE, Seconds, SecretRef, Section
from steadyhand.profile.values import Address, Channel, wrong


class Intake(Section):
    """What an alert's labels mean, and what holds where one is missing."""

    default_environment: Environment = Environment.PRODUCTION
    """Where an alert says no environment."""
    environment_names: dict[str, Environment] = Field(default_factory=dict, examples=[{"prod": "production"}])
    """What the environment's label says where it says something else. The first one is also how Prometheus is asked."""
    default_service: str = "orchestrator"
    """Where an alert names no service."""
    default_team: str = "ops-orchestrator"
    """Where an alert names no team."""
    max_body_bytes: int = Field(default=16 * 1024 * 1024, gt=0)
    """Larger notifications are refused with 413."""
    max_waiting: int = Field(default=1024, ge=1)
    """Notifications that may wait for the database at once; more are answered with 503, and come again."""
    max_waiting_bytes: int = Field(default=64 * 1024 * 1024, ge=1)
    """And the bytes of them, one notification being let in whatever its size."""


class Person(Section):
    """Someone who may decide."""

    totp: SecretRef = Field(examples=[{"file": "/etc/steadyhand/ada.totp"}])
    """Their base32 secret, the one in their authenticator."""
    environments: tuple[Environment, ...] = tuple(Environment)
    """Where they may say yes."""


class Approvals(Section):
    """Who may say yes (P2). With nobody named, nothing can be approved: rule 1 fails closed."""

    people: dict[str, Person] = Field(default_factory=dict)
    """Who may decide, by name: [approvals.people.ada]."""
    mitigation_expires_seconds: Seconds = 3600.0
    """How long a plan may wait; no answer in time is a no."""
    closure_expires_seconds: Seconds = 14 * 86400.0
    """How long a summary may wait for the weekly sync."""

    @field_validator("people")
    @classmethod
    def _each_by_one_name(cls, people: dict[str, Person]) -> dict[str, Person]:
        known: dict[str, str] = {}
        for name in people:
            if not name.strip() or not name.isprintable():
                raise wrong("must be a person's name", name)
            if (plain := name.strip().casefold()) in known:
                raise wrong(f"is the same name as {known[plain]!r}; one person, one name", name)
            known[plain] = name
        return people


class Mitigation(Section):
    """How a change is measured."""

    verify_window_seconds: Seconds = 300.0
    """Not proven within it: the change is undone."""
    settle_seconds: Seconds = 30.0
    """How long the trouble must have stayed away."""
    poll_seconds: Seconds = 2.0
    """How often it is measured."""
    max_attempts_per_incident: int = Field(default=3, ge=1)
    """More changes than this are not tried: a person is asked."""


class ExitCriteria(Section):
    """How long the master run itself waits for E1-E3 before it leaves them to the schedule."""

    wait_seconds: Seconds = 900.0
    """All in all."""
    poll_seconds: Seconds = 15.0
    """Between two looks."""


class Chat(Section):
    """Where the updates go (C1). Every message also goes to the log and a file in the state directory."""

    channels: dict[Channel, tuple[SecretRef, ...]] = Field(
        default_factory=dict, examples=[{"#ops-orchestrator": [{"env": "OPS_CHANNEL_ADDRESS"}]}]
    )
    """Apprise addresses, as secrets, by channel name."""
    team_channels: dict[str, Channel] = Field(default_factory=lambda: {"ops-memory": "#ops-memory"})
    """F1: which channel follows from the alert's team."""
    default_channel: Channel = "#ops-orchestrator"
    """The channel of every other team."""
    timeout_seconds: Seconds = 10.0
    """How long a service may take to accept a message."""


class Documents(Section):
    """Where the summaries are written (C2), inside a checkout of the documents."""

    root: Path | None = Field(default=None, examples=["/srv/checkouts/documents"])
    """The directory; default: documents/ in the state directory."""
    summary: str = "docs/daily-updates/{date}-incident.md"
    """The day's file; {date} is replaced."""

    @field_validator("summary")
    @classmethod
    def _inside_the_root(cls, summary: str) -> str:
        path = PurePosixPath(summary)
        if "{date}" not in summary:
            raise wrong("must hold {date}, or each day's summary would go into the same file")
        if path.is_absolute() or ".." in path.parts or "\0" in summary or summary.endswith("/"):
            raise wrong("must be a file inside documents.root: relative, and without ..")
        return summary


class Prefect(Section):
    """Where the Prefect server answers and how the master run is found."""

    api_url: Address = Field(
        default_factory=lambda: os.environ.get(PREFECT_VARIABLE, PREFECT_DEFAULT), examples=[PREFECT_DEFAULT]
    )
    """The server's API; default: $PREFECT_API_URL, else the address `steadyhand up` listens on."""
    database_url: SecretRef | None = Field(default=None, examples=[{"env": "PREFECT_DATABASE"}])
    """Prefect's database; default: the embedded one."""
    deployment: str = "incident/incident"
    """The master flow's deployment."""

    def run_address(self, flow_run_id: UUID | None) -> str:
        """The page of a run in the Prefect UI."""
        return f"{self.api_url.removesuffix('/api')}/runs/flow-run/{flow_run_id}"
