"""The orchestrator under care: its API, its variables, its suites and its environments."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from steadyhand.profile.deployers import DeployerSettings
from steadyhand.profile.observing import Alertmanager, GitHub, Jenkins, Logs, Prometheus
from steadyhand.profile.section import Seconds, SecretRef, Section


class Routes(Section):
    """Paths of the orchestrator's API (F4, D1, D2, D6, M4)."""

    health: str = "/api/v1/health"
    """F4: one JSON object with `status`; "ok" is healthy."""
    metrics: str = "/metrics"
    """F4: Prometheus' text format."""
    task: str = "/api/v1/tasks/{task_id}"
    """D1: one task with `last_error` and `metrics`."""
    recent_failures: str = "/api/v1/tasks?status=failed&limit=10"
    """D1: the latest failed tasks, where they can be listed; else their ids are taken from the logs."""
    task_queue: str = "/api/v1/diagnostics/task_queue"
    """D2: the queue's depth, where enabled; else the logs are read."""
    tool_diagnostics: str = "/api/v1/tools/diagnostics"
    """D6: adapter health; needs the service token."""
    assign_review: str = "/api/v1/reviews/assign"
    """M4: assigns a human reviewer (POST)."""
    openapi: str = "/openapi.json"
    """What `steadyhand doctor` compares the routes with."""


class BearerToken(Section):
    """The service token as `Authorization: Bearer ...` (D6)."""

    kind: Literal["bearer"] = "bearer"
    secret: SecretRef
    """The token."""


class HeaderToken(Section):
    """The service token in a header of its own (D6)."""

    kind: Literal["header"] = "header"
    secret: SecretRef
    """The token."""
    header: str = Field(default="X-Service-Token", pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
    """The header's name."""


class MintedToken(Section):
    """A JSON Web Token, minted for each question from a shared secret (D6)."""

    kind: Literal["jwt"] = "jwt"
    secret: SecretRef
    """The signing secret, at least 32 bytes for HS256."""
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    """How it is signed."""
    issuer: str = "steadyhand"
    """The claim `iss`."""
    subject: str = "steadyhand"
    """The claim `sub`."""
    audience: str | None = None
    """The claim `aud`."""
    lifetime_seconds: Seconds = 60.0
    """How long it holds."""
    claims: dict[str, str] = Field(default_factory=dict)
    """Further claims, a scope for example."""


ServiceToken = Annotated[BearerToken | HeaderToken | MintedToken, Field(discriminator="kind")]


class Orchestrator(Section):
    """What is the same in every environment."""

    routes: Routes = Routes()
    """Paths of its API."""
    timeout_seconds: Seconds = 5.0
    """How long one of its answers may take, from the first byte to the last."""
    max_answer_bytes: int = Field(default=2_000_000, gt=0)
    """Reading stops there."""
    service_token: ServiceToken | None = None
    """D6, M4: kind "bearer", "header" or "jwt", and the secret."""
    planner_variable: str = "PLANNING__ENABLED"
    """M2: the variable that switches the planner."""
    planner_off: str = "false"
    """M2: its value for off."""
    scheduler_variable: str = "SCHEDULING__BACKEND"
    """M3: the variable that names the scheduler."""
    scheduler_sequential: str = "sequential"
    """M3: its value for sequential scheduling."""
    queue_depth_limit: int = Field(default=50, ge=0)
    """D2: more waiting tasks than this are too many."""
    queue_oldest_limit_seconds: Seconds = 60.0
    """D2: a task that waits longer than this waits too long."""


class Reviews(Section):
    """M4: who is engaged when the severity is high and automation is not restored."""

    reviewer: str | None = Field(default=None, min_length=1, max_length=200)
    """Who is assigned; default: the incident's commander."""
    severities: tuple[Literal["critical", "high", "warning", "info"], ...] = ("critical", "high")
    """For which severities."""


class Suite(Section):
    """One of the orchestrator's own test suites, run by `python -m pytest` in a scratch copy of the checkout."""

    arguments: tuple[str, ...]
    """What follows `python -m pytest`."""
    timeout_seconds: Seconds = 120.0
    """When it is killed."""


class Suites(Section):
    """F3, D3, E1, E2. They run in a scratch copy under limits, never with a target's own addresses or data."""

    python: str = sys.executable
    """The interpreter that has the orchestrator's dependencies."""
    regression: Suite = Suite(arguments=("tests/e2e", "-k", "regression_end_to_end"))
    """F3, E1, M1."""
    planner_contract: Suite = Suite(arguments=("tests/test_planner_contract_fuzz.py",))
    """D3, E2."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Added to the runbook's two variables as deployed; nothing else of ours or the target's is passed on."""
    memory_megabytes: int = Field(default=4096, gt=0)
    """The suite's address space."""
    output_megabytes: int = Field(default=64, gt=0)
    """What it may write to one file."""
    reproduced_by_runs: int = Field(default=2, ge=1, le=10)
    """M1: this many of this many runs must fail on the current release before a rollback is thought of."""


class EnvironmentProfile(Section):
    """One environment. A shared table (orchestrator, prometheus, ...) may be repeated here, in part, to override it."""

    url: str = "http://127.0.0.1:8000"
    """Where the orchestrator answers."""
    deployer: DeployerSettings | None = None
    """What reads and changes the deployment: kind "command", "compose", "kubernetes" or "github"."""
    checkout: str | None = None
    """Directory of the orchestrator's code, where the suites are run; {release} is replaced."""
    approval: Literal["person", "policy"] = "person"
    """Who says yes; "policy" lets plans pass by a recorded policy, never in production."""
    orchestrator: Orchestrator | None = None
    """Overrides of [orchestrator] for this environment."""
    suites: Suites | None = None
    """Overrides of [suites]."""
    prometheus: Prometheus | None = None
    """Overrides of [prometheus]."""
    alertmanager: Alertmanager | None = None
    """Overrides of [alertmanager]."""
    logs: Logs | None = None
    """Overrides of [logs]."""
    jenkins: Jenkins | None = None
    """Overrides of [jenkins]."""
    github: GitHub | None = None
    """Overrides of [github]."""


SHARED = ("orchestrator", "suites", "prometheus", "alertmanager", "logs", "jenkins", "github")
"""The tables that an environment may override."""


def default_state_dir() -> Path:
    """`$XDG_STATE_HOME/steadyhand`, else `~/.local/state/steadyhand`."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(base) / "steadyhand"
