"""The orchestrator under care: its API, its variables, its suites and its environments."""

import os
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field

from steadyhand.profile.deployers import DeployerSettings
from steadyhand.profile.logs import Logs
from steadyhand.profile.observing import Alertmanager, GitHub, Jenkins, Prometheus
from steadyhand.profile.section import Seconds, Section
from steadyhand.profile.service_token import ServiceToken
from steadyhand.profile.values import Address, Route, TaskRoute

DEFAULT_URL = "http://127.0.0.1:8000"


class Routes(Section):
    """Paths of the orchestrator's API (F4, D1, D2, D6, M4)."""

    health: Route = "/api/v1/health"
    """F4: one JSON object with `status`; see `healthy`."""
    metrics: Route = "/metrics"
    """F4: Prometheus' text format."""
    task: TaskRoute = "/api/v1/tasks/{task_id}"
    """D1: one task with `last_error` and `metrics`."""
    recent_failures: Route = "/api/v1/tasks?status=failed&limit=10"
    """D1: the latest failed tasks, where they can be listed; else their ids are taken from the logs."""
    task_queue: Route = "/api/v1/diagnostics/task_queue"
    """D2: the queue's depth, where enabled; else the logs are read."""
    tool_diagnostics: Route = "/api/v1/tools/diagnostics"
    """D6: adapter health; needs the service token."""
    assign_review: Route = "/api/v1/reviews/assign"
    """M4: assigns a human reviewer (POST)."""
    openapi: Route = "/openapi.json"
    """What `steadyhand doctor` compares the routes with."""


HEALTHY = ("ok", "healthy", "up", "pass")


class Orchestrator(Section):
    """What is the same in every environment."""

    url: Address = DEFAULT_URL
    """Where it answers, for every environment that has no url of its own."""
    routes: Routes = Routes()
    """Paths of its API."""
    timeout_seconds: Seconds = 5.0
    """How long one of its answers may take, from the first byte to the last."""
    max_answer_bytes: int = Field(default=2_000_000, gt=0)
    """No more bytes of an answer are read."""
    service_token: ServiceToken | None = None
    """D6, M4: kind "bearer", "header" or "jwt", and the secret."""
    healthy: tuple[str, ...] = Field(default=HEALTHY, min_length=1)
    """F4: what `status` says of a healthy service, in any case."""
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
    """Who is engaged (M4) when the severity is high and automation is not restored."""

    reviewer: str | None = Field(default=None, min_length=1, max_length=200, examples=["lead of platform"])
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
    """The orchestrator's own tests (F3, D3, E1, E2).

    They run in a scratch copy under limits, never with a target's own addresses or data.
    """

    python: str = Field(default_factory=lambda: sys.executable, examples=["/srv/orchestrator/.venv/bin/python"])
    """The interpreter that has the orchestrator's dependencies; default: the one Steadyhand runs on."""
    regression: Suite = Suite(arguments=("tests/e2e", "-k", "regression_end_to_end"))
    """F3, E1, M1."""
    planner_contract: Suite = Suite(arguments=("tests/test_planner_contract_fuzz.py",))
    """D3, E2."""
    environment: dict[str, str] = Field(default_factory=dict, examples=[{"TZ": "UTC"}])
    """Added to the runbook's two variables as deployed; nothing else of ours or the target's is passed on."""
    memory_megabytes: int = Field(default=4096, gt=0)
    """The suite's address space."""
    output_megabytes: int = Field(default=64, gt=0)
    """What it may write to one file."""
    reproduced_by_runs: int = Field(default=2, ge=1, le=10)
    """M1: this many of this many runs must fail on the current release before a rollback is thought of."""


class EnvironmentProfile(Section):
    """One environment. A shared table (orchestrator, prometheus, ...) may be repeated here, in part, to override it."""

    url: Address = DEFAULT_URL
    """Where the orchestrator answers; default: the url of [orchestrator]."""
    deployer: DeployerSettings | None = None
    """What reads and changes the deployment: kind "command", "compose", "kubernetes" or "github"."""
    checkout: str | None = Field(default=None, examples=["/srv/checkouts/orchestrator/{release}"])
    """Directory of the orchestrator's code, where the suites are run; {release} is replaced."""
    approval: Literal["person", "policy"] = "person"
    """Who says yes; "policy" lets plans pass by a recorded policy, never in production."""
    orchestrator: Orchestrator | None = None
    """Overrides of [orchestrator] for this environment."""
    suites: Suites | None = None
    """Overrides of [suites] for this environment."""
    prometheus: Prometheus | None = None
    """Overrides of [prometheus] for this environment."""
    alertmanager: Alertmanager | None = None
    """Overrides of [alertmanager] for this environment."""
    logs: Logs | None = None
    """Overrides of [logs] for this environment."""
    jenkins: Jenkins | None = None
    """Overrides of [jenkins] for this environment."""
    github: GitHub | None = None
    """Overrides of [github] for this environment."""


SHARED = ("orchestrator", "suites", "prometheus", "alertmanager", "logs", "jenkins", "github")
"""The tables that an environment may override."""


def default_state_dir() -> Path:
    """`$XDG_STATE_HOME/steadyhand`, else `~/.local/state/steadyhand`."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(base) / "steadyhand"
