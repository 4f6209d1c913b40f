"""Steadyhand's own settings: intake, approvals, mitigation, communication, and where its parts run."""

import os
from pathlib import Path
from uuid import UUID

from pydantic import Field

from steadyhand.domain.incident import Environment
from steadyhand.profile.section import PREFECT_DEFAULT, PREFECT_VARIABLE, Seconds, SecretRef, Section


class Intake(Section):
    """What an alert's labels mean, and what holds where one is missing."""

    default_environment: Environment = Environment.PRODUCTION
    """Where an alert says no environment."""
    default_service: str = "orchestrator"
    """Where an alert names no service."""
    default_team: str = "ops-orchestrator"
    """Where an alert names no team."""
    max_body_bytes: int = Field(default=16 * 1024 * 1024, gt=0)
    """Larger notifications are refused with 413."""


class Receiver(Section):
    """The webhook's own address. Without a token it does not start (`steadyhand up` makes one)."""

    host: str = "127.0.0.1"
    """Where it listens."""
    port: int = Field(default=8420, ge=1, le=65535)
    """And on which port."""
    token: SecretRef | None = None
    """The bearer token Alertmanager must show."""


class Person(Section):
    """Someone who may decide."""

    totp: SecretRef
    """Their base32 secret, the one in their authenticator."""
    environments: tuple[Environment, ...] = tuple(Environment)
    """Where they may say yes."""


class Approvals(Section):
    """P2. With nobody named, nothing can be approved: rule 1 fails closed."""

    people: dict[str, Person] = Field(default_factory=dict)
    """Who may decide, by name: [approvals.people.ada]."""
    mitigation_expires_seconds: Seconds = 3600.0
    """How long a plan may wait; no answer in time is a no."""
    closure_expires_seconds: Seconds = 14 * 86400.0
    """How long a summary may wait for the weekly sync."""


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
    """C1. Every message also goes to the log and a file in the state directory."""

    channels: dict[str, tuple[SecretRef, ...]] = Field(default_factory=dict)
    """Apprise addresses, as secrets, by channel name."""
    team_channels: dict[str, str] = Field(default_factory=lambda: {"ops-memory": "#ops-memory"})
    """F1: which channel follows from the alert's team."""
    default_channel: str = "#ops-orchestrator"
    """The channel of every other team."""
    timeout_seconds: Seconds = 10.0
    """How long a service may take to accept a message."""


class Documents(Section):
    """C2: where the summaries are written, inside a checkout of the documents."""

    root: Path | None = None
    """Default: documents/ in the state directory."""
    summary: str = "docs/daily-updates/{date}-incident.md"
    """The day's file; {date} is replaced."""


class Prefect(Section):
    """Where the Prefect server answers and how the master run is found."""

    api_url: str = Field(default_factory=lambda: os.environ.get(PREFECT_VARIABLE, PREFECT_DEFAULT))
    """Default: $PREFECT_API_URL, else the address `steadyhand up` listens on."""
    database_url: SecretRef | None = None
    """Prefect's database; default: the embedded one."""
    deployment: str = "incident/incident"
    """The master flow's deployment."""

    def run_address(self, flow_run_id: UUID | None) -> str:
        """The page of a run in the Prefect UI."""
        return f"{self.api_url.removesuffix('/api')}/runs/flow-run/{flow_run_id}"
