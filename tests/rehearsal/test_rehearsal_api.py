"""The endpoints of the reference orchestrator answer as the runbook expects."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .stage import TOKEN, Stage


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(Path(tmp_path_factory.mktemp("api")))
    try:
        yield stage.up()
    finally:
        stage.close()


def test_health_names_the_release_and_what_it_was_booted_with(service: Stage) -> None:
    health = service.client.get("/api/v1/health").json()
    assert health["status"] == "ok"
    assert health["release"] == "2.7.0"
    assert health["config"] == {"PLANNING__ENABLED": "true", "SCHEDULING__BACKEND": "asyncio"}
    assert health["uptime_seconds"] > 0


@pytest.mark.parametrize(
    "series",
    [
        'planner_contract_failure_total{reason="invalid_json"}',
        'orchestrator_tasks_total{status="failed"}',
        'guardrail_trips_total{guardrail="personal_data"}',
        'tool_latency_seconds_bucket{le="0.5",tool="search"}',
        "orchestrator_task_queue_depth",
        "orchestrator_task_queue_oldest_seconds",
        "process_start_time_seconds",
    ],
)
def test_every_series_exists_from_boot(service: Stage, series: str) -> None:
    assert f"\n{series} " in service.client.get("/metrics").text


def test_a_task_is_told_from_its_submission_to_its_answer(service: Stage) -> None:
    task = service.task("explain why the queue grows")
    assert task["status"] == "succeeded"
    assert task["last_error"] is None
    assert task["metrics"]["tool_calls"] == len(task["answer"]["sections"])
    assert 0 < task["metrics"]["run_seconds"] < 5


def test_recent_tasks_come_latest_first_and_by_status(service: Stage) -> None:
    tasks = [service.task(f"write to jane{number}@example.org") for number in range(8)]
    listed = service.client.get("/api/v1/tasks", params={"limit": 8}).json()["tasks"]
    assert [task["task_id"] for task in listed] == [task["task_id"] for task in reversed(tasks)]
    failing = [task for task in reversed(tasks) if task["status"] == "failed"]
    assert failing[0]["last_error"].startswith("GuardrailTripped: personal_data")
    failed = service.client.get("/api/v1/tasks", params={"status": "failed"}).json()["tasks"]
    assert [task["task_id"] for task in failed] == [task["task_id"] for task in failing]


def test_an_unknown_task_is_a_404_in_json(service: Stage) -> None:
    answer = service.client.get("/api/v1/tasks/nobody")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]


@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer wrong", TOKEN, "Bearer \u00e4".encode()])
def test_tool_diagnostics_need_the_service_token(service: Stage, token: str | bytes | None) -> None:
    headers = {} if token is None else {"Authorization": token}
    assert service.client.get("/api/v1/tools/diagnostics", headers=headers).status_code == 401  # type: ignore[arg-type]


def test_tool_diagnostics_list_every_adapter(service: Stage) -> None:
    answer = service.client.get("/api/v1/tools/diagnostics", headers={"Authorization": f"Bearer {TOKEN}"})
    tools = answer.raise_for_status().json()["tools"]
    assert [tool["name"] for tool in tools] == ["search", "summarize", "classify", "calculate"]
    assert all(tool["healthy"] for tool in tools)


def test_a_review_is_assigned_once_for_one_key(service: Stage) -> None:
    request = {"reviewer": "jane", "reason": "automation is not back", "idempotency_key": "incident-1"}
    first, again = (service.client.post("/api/v1/reviews/assign", json=request).json() for _ in range(2))
    assert first == again
    other = service.client.post("/api/v1/reviews/assign", json=request | {"idempotency_key": "incident-2"}).json()
    assert other["review_id"] != first["review_id"]
    assert service.client.post("/api/v1/reviews/assign", json=request | {"reviewer": "joe"}).status_code == 409


def test_the_queue_says_how_it_is_doing(service: Stage) -> None:
    assert set(service.queue()) == {
        "backend",
        "depth",
        "running",
        "oldest_queued_seconds",
        "workers",
        "enqueued_total",
        "completed_total",
    }
