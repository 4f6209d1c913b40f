"""Each fault causes what it is said to cause, and its remedy heals it because of what the remedy does."""

import pytest

from steadyhand.rehearsal.errors import UnknownFaultError
from steadyhand.rehearsal.faults import FAULTS, active, clear, inject

from .stage import Stage, wait_until

BROKEN = "planner_contract_failure_total"


def test_contract_failures_grow_until_the_planner_is_switched_off(running: Stage) -> None:
    running.start_traffic()
    wait_until(lambda: running.metric("orchestrator_tasks_total", "succeeded") > 5, "tasks succeed")
    assert running.metric(BROKEN) == 0
    inject(running.site, "planner-contract")
    wait_until(lambda: running.metric(BROKEN) > 8, "plans break the contract")
    assert running.task("anything")["last_error"].startswith("PlannerContractError: ")
    assert running.client.get("/api/v1/health").json()["status"] == "degraded"
    assert '"event": "task_execution_failed"' in running.site.event_log.read_text()

    assert running.apply(PLANNING="false").returncode == 0
    wait_until(lambda: running.metric("orchestrator_tasks_total", "succeeded") > 10, "tasks succeed again")
    assert running.metric(BROKEN) == 0
    assert running.metric("orchestrator_tasks_total", "failed") == 0


def test_a_starved_queue_grows_under_asyncio_and_drains_under_sequential(running: Stage) -> None:
    inject(running.site, "queue-starvation")
    running.start_traffic()
    wait_until(lambda: running.queue()["depth"] > 15, "the queue grows")
    starved = running.queue()
    assert (starved["backend"], starved["running"], starved["completed_total"]) == ("asyncio", 0, starved["workers"])
    assert running.metric("orchestrator_task_queue_oldest_seconds") > 0.5

    assert running.apply(SCHEDULING="sequential").returncode == 0
    for number in range(40):
        running.client.post("/api/v1/tasks", json={"goal": f"backlog {number}"}).raise_for_status()
    assert running.queue()["depth"] > 15
    wait_until(lambda: running.queue()["depth"] <= 1, "the backlog drains while traffic goes on")
    assert running.queue()["completed_total"] > 40


def test_a_starved_queue_recovers_without_a_restart_once_the_fault_is_cleared(running: Stage) -> None:
    inject(running.site, "queue-starvation")
    running.start_traffic(rate=20)
    wait_until(lambda: running.queue()["depth"] > 10, "the queue grows")
    pid = running.pid()
    clear(running.site, "queue-starvation")
    wait_until(lambda: running.queue()["depth"] <= 1, "the queue drains")
    assert running.pid() == pid


def test_the_bad_release_fails_tasks_until_the_release_before_is_back(running: Stage) -> None:
    inject(running.site, "bad-release")
    assert active(running.site) == ["bad-release"]
    wait_until(lambda: running.state()["healthy"], "the bad release is deployed")
    state = running.state()
    assert state["release"] == "2.8.0"
    assert state["known_good_releases"] == ["2.7.0", "2.6.4"]
    failed = [task for task in (running.task(f"goal {number}") for number in range(20)) if task["status"] == "failed"]
    assert "ZeroDivisionError" in failed[0]["last_error"]

    assert running.apply(release="2.7.0").returncode == 0
    assert active(running.site) == []
    assert {running.task(f"goal {number}")["status"] for number in range(20)} == {"succeeded"}


def test_clearing_the_bad_release_brings_the_newest_known_good_one_back(running: Stage) -> None:
    inject(running.site, "bad-release")
    clear(running.site, None)
    wait_until(lambda: running.state()["healthy"], "a release is deployed")
    assert running.state()["release"] == "2.7.0"


def test_slow_tools_show_in_their_latency_and_do_not_choke_the_queue(running: Stage) -> None:
    inject(running.site, "tool-latency")
    running.start_traffic()
    wait_until(lambda: running.metric("tool_latency_seconds_count") > 40, "tools are called")
    slow = running.metric("tool_latency_seconds_sum") / running.metric("tool_latency_seconds_count")
    assert slow > 0.25
    assert running.queue()["depth"] < 8
    report = running.client.get("/api/v1/tools/diagnostics", headers={"Authorization": "Bearer rehearsal-token"})
    assert not any(tool["healthy"] for tool in report.json()["tools"])

    clear(running.site, "tool-latency")
    wait_until(lambda: running.task("quick")["metrics"]["run_seconds"] < 0.2, "tools are quick again")


def test_tripping_guardrails_fail_tasks_until_the_fault_is_cleared(running: Stage) -> None:
    inject(running.site, "guardrail-trips")
    tasks = [running.task(f"goal {number}") for number in range(10)]
    errors = [task["last_error"] for task in tasks if task["status"] == "failed"]
    assert len(errors) >= 4
    assert all(error.startswith("GuardrailTripped: personal_data") for error in errors)
    assert running.metric("guardrail_trips_total", "personal_data") == len(errors)
    clear(running.site, "guardrail-trips")
    wait_until(lambda: running.task("anything")["status"] == "succeeded", "guardrails are content")


def test_a_service_that_is_down_comes_back_once_the_fault_is_cleared(running: Stage) -> None:
    inject(running.site, "down")
    wait_until(lambda: not running.healthy(), "the service is gone")

    def died_again() -> bool:
        actual = running.site.actual()
        return actual is not None and actual.restarts >= 1 and actual.exit_code == 70

    wait_until(died_again, "it dies at boot as well")
    assert running.state()["healthy"] is False
    clear(running.site, "down")
    wait_until(running.healthy, "it is back")


def test_a_refused_change_reports_the_last_words_and_the_old_state_can_be_put_back(running: Stage) -> None:
    inject(running.site, "refuses-config")
    refused = running.apply(PLANNING="false")
    assert refused.returncode == 1
    assert "exit code 3" in refused.stderr
    assert "provider 'planner' is required" in refused.stderr
    assert running.state()["healthy"] is False
    assert running.site.desired().environment["PLANNING__ENABLED"] == "false", "the deployer does not revert by itself"

    assert running.apply(PLANNING="true").returncode == 0
    assert running.task("anything")["status"] == "succeeded"


def test_a_change_without_effect_is_reported_by_health_and_the_trouble_goes_on(running: Stage) -> None:
    inject(running.site, "no-effect")
    inject(running.site, "planner-contract")
    inject(running.site, "queue-starvation")
    assert running.apply(PLANNING="false", SCHEDULING="sequential").returncode == 0
    config = running.client.get("/api/v1/health").json()["config"]
    assert config == {"PLANNING__ENABLED": "false", "SCHEDULING__BACKEND": "sequential"}
    running.start_traffic()
    wait_until(lambda: running.queue()["depth"] > 10, "the queue grows all the same")
    assert running.metric(BROKEN) >= 1

    clear(running.site, "no-effect")
    wait_until(lambda: running.queue()["depth"] <= 1, "the change takes effect")
    assert running.task("anything")["status"] == "succeeded"


def test_an_unknown_fault_is_refused_with_the_names_that_exist(stage: Stage) -> None:
    for change in (inject, clear):
        with pytest.raises(UnknownFaultError) as refused:
            change(stage.site, "gremlins")
        assert all(name in str(refused.value) for name in FAULTS)
    assert active(stage.site) == []
