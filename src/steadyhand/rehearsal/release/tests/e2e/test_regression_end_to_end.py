"""Phase 6 regression: goals go in over HTTP, right answers come out, soon.

The service runs inside this process, with the environment of this process: no port is opened and no log is written.
"""

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from orchestrator.app import create_app
from orchestrator.faults import Faults
from orchestrator.settings import Settings

GOALS = tuple(
    f"{verb} {what}"
    for verb in ("compare", "explain", "summarise", "count")
    for what in (
        "the last two releases",
        "why the queue grows",
        "latency of the tools",
        "planning in the handbook",
    )
)
DEADLINE_SECONDS = 3.0
LOOK_AGAIN_SECONDS = 0.05
OPEN = ("queued", "running")
OWN = ("ORCHESTRATOR__LOG_FILE", "ORCHESTRATOR__HOST", "ORCHESTRATOR__PORT")


@dataclass(frozen=True)
class Run:
    """What was seen: the tasks at the end, the queue, and the exposition of the metrics."""

    tasks: list[dict[str, Any]]
    queue: dict[str, Any]
    metrics: str


async def run_goals() -> Run:
    settings = Settings.from_environment({name: value for name, value in os.environ.items() if name not in OWN})
    app = create_app(settings, Faults(settings.faults_file))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://orchestrator") as client,
    ):
        answers = [await client.post("/api/v1/tasks", json={"goal": goal}) for goal in GOALS]
        ids = [answer.raise_for_status().json()["task_id"] for answer in answers]
        tasks = await finished(client, ids)
        queue = (await client.get("/api/v1/diagnostics/task_queue")).raise_for_status().json()
        return Run(tasks, queue, (await client.get("/metrics")).raise_for_status().text)


async def finished(client: httpx.AsyncClient, ids: list[str]) -> list[dict[str, Any]]:
    """The tasks when all are finished, or when the deadline is over."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        tasks = [(await client.get(f"/api/v1/tasks/{task_id}")).raise_for_status().json() for task_id in ids]
        if time.monotonic() > deadline or not any(task["status"] in OPEN for task in tasks):
            return tasks
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


@pytest.fixture(scope="module")
def run() -> Run:
    return asyncio.run(run_goals())


def test_regression_end_to_end_every_task_finishes_in_time(run: Run) -> None:
    late = [task["goal"] for task in run.tasks if task["status"] in OPEN]
    assert not late, f"{len(late)} of {len(GOALS)} tasks are not finished after {DEADLINE_SECONDS} s: {run.queue}"


def test_regression_end_to_end_no_task_fails(run: Run) -> None:
    errors = [task["last_error"] for task in run.tasks if task["status"] == "failed"]
    assert not errors, f"{len(errors)} of {len(GOALS)} tasks failed: {sorted(set(errors))}"


def test_regression_end_to_end_every_tool_has_its_section_in_the_answer(run: Run) -> None:
    answered = [task for task in run.tasks if task["answer"]]
    assert answered
    for task in answered:
        assert [section["tool"] for section in task["answer"]["sections"]] == task["tools"]


def test_regression_end_to_end_confidence_is_the_mean_of_the_sections(run: Run) -> None:
    answers = [task["answer"] for task in run.tasks if task["answer"]]
    assert answers
    for answer in answers:
        parts = [section["confidence"] for section in answer["sections"]]
        assert answer["confidence"] == pytest.approx(sum(parts) / len(parts), abs=1e-3)


def test_regression_end_to_end_metrics_account_for_every_task(run: Run) -> None:
    lines = [line for line in run.metrics.splitlines() if line.startswith("orchestrator_tasks_total{")]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in lines) == len(GOALS)
