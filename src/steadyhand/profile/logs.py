"""The application's log, in a file or in Loki."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from steadyhand.profile.section import Seconds, SecretRef, Section
from steadyhand.profile.values import Address


class FileLogs(Section):
    """The application's log: one JSON object a line, as structlog writes it; rotated files beside it are read too."""

    kind: Literal["file"] = "file"
    path: Path = Field(examples=["/var/log/orchestrator/app.json"])
    """The file; .1, .2, ... and their .gz are its older parts."""
    max_bytes: int = Field(default=50_000_000, gt=0)
    """No more than this is read, from the newest back."""


class LokiLogs(Section):
    """The application's log in Loki."""

    kind: Literal["loki"] = "loki"
    url: Address = Field(examples=["http://loki.example.test:3100"])
    """Its address."""
    query: str = '{app="orchestrator"}'
    """The stream selector, in LogQL."""
    tenant: str | None = Field(default=None, examples=["operations"])
    """Sent as X-Scope-OrgID."""
    token: SecretRef | None = Field(default=None, examples=[{"env": "LOKI_TOKEN"}])
    """Sent as a bearer token."""
    timeout_seconds: Seconds = 10.0
    """How long one answer may take."""
    max_lines: int = Field(default=1000, ge=1, le=5000)
    """No more than these are asked for."""
    max_bytes: int = Field(default=20_000_000, gt=0)
    """No more bytes of an answer are read."""


class Logs(Section):
    """Read where the orchestrator has no queue endpoint (D2), and where it cannot list its failed tasks (D1)."""

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
