"""The shipped rules in a real Prometheus, with the windows of a rehearsal (S1, T1)."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from steadyhand.stack import monitoring
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group

from .files import RULES

BURST = {"PlannerContractFailures", "TaskCompletionLow", "ToolLatencyHigh", "GuardrailTrips", "TaskQueueStarved"}
_SECONDS = 30


async def firing(prometheus: str, until: Callable[[set[str]], bool]) -> set[str]:
    """Waits for alerts that fire; all of them are production's orchestrator's."""
    deadline = time.monotonic() + _SECONDS
    async with httpx.AsyncClient(base_url=prometheus, timeout=5) as client:
        while True:
            alerts = (await client.get("/api/v1/alerts")).json()["data"]["alerts"]
            labels = [alert["labels"] for alert in alerts if alert["state"] == "firing"]
            assert all((found["environment"], found["service"]) == ("production", "orchestrator") for found in labels)
            names = {found["alertname"] for found in labels}
            if until(names):
                return names
            assert time.monotonic() < deadline, names
            await asyncio.sleep(0.1)


async def test_one_burst_of_a_young_target_fires_and_so_does_its_end(tmp_path: Path) -> None:
    """S1, T1: every series comes with its first increments, in one scrape; then the target is gone."""
    registry, ports = CollectorRegistry(), (free_port(), free_port())
    Gauge("process_start_time_seconds", "As clients tell it.", registry=registry).set_to_current_time()
    server, thread = start_http_server(ports[0], LOOPBACK, registry)
    prometheus = monitoring.prometheus(
        tmp_path / "p", port=ports[1], alertmanager_port=free_port(), target=f"{LOOPBACK}:{ports[0]}", rules=RULES[0]
    )
    Counter("planner_contract_failure_total", "x", ["reason"], registry=registry).labels("schema").inc(5)
    Counter("guardrail_trips_total", "x", ["guardrail"], registry=registry).labels("any").inc(12)
    Counter("orchestrator_tasks_total", "x", ["status"], registry=registry).labels("failed").inc(5)
    Histogram("tool_latency_seconds", "x", ["tool"], registry=registry).labels("search").observe(2)
    Gauge("orchestrator_task_queue_depth", "x", registry=registry).set(60)
    async with Group(restart=False, report=print) as group:
        await group.start(prometheus)
        await firing(f"http://{LOOPBACK}:{ports[1]}", BURST.__eq__)
        server.shutdown()
        server.server_close()
        await firing(f"http://{LOOPBACK}:{ports[1]}", lambda names: "OrchestratorDown" in names)
    thread.join()
