"""The log of a real orchestrator answers for its failed tasks, as a stranger's log would."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from steadyhand.clients.logs import FailureLog, log_source_of
from steadyhand.domain.record import utc_now
from steadyhand.profile import Logs
from steadyhand.rehearsal.faults import inject

from .stage import Stage, wait_until


def read(stage: Stage) -> FailureLog:
    """What the last minute of the orchestrator's own log holds."""
    logs = Logs.model_validate({"source": {"kind": "file", "path": stage.site.event_log}})
    now = utc_now()
    return asyncio.run(log_source_of(logs).failures(now - timedelta(minutes=1), now))


def fail(stage: Stage) -> dict[str, Any]:
    """The next task that fails; those that get through before it do not count."""
    finished: list[dict[str, Any]] = []

    def failed() -> bool:
        finished.append(stage.task("anything"))
        return bool(finished[-1]["status"] == "failed")

    wait_until(failed, "a task fails")
    return finished[-1]


def test_failed_tasks_of_a_real_orchestrator_are_found_in_its_log(running: Stage) -> None:
    """D2: the profile's default keys fit what the orchestrator writes."""
    assert running.task("before")["status"] == "succeeded"
    before = read(running)
    assert (before.failures_total, before.silent) == (0, False)

    inject(running.site, "planner-contract")
    failed = [fail(running) for _ in range(3)]
    found = read(running)
    assert {f.task_id: f.error for f in found.failures} == {t["task_id"]: t["last_error"] for t in failed}
    lines = [json.loads(line) for line in running.site.event_log.read_text().splitlines()]
    assert found.lines_seen == len(lines)
    assert not found.truncated


def test_the_log_is_read_whole_across_a_rotation_of_a_running_orchestrator(running: Stage) -> None:
    """D2: the orchestrator goes on writing into the renamed file until it opens it anew."""
    inject(running.site, "planner-contract")
    fail(running)
    log = running.site.event_log
    log.rename(log.with_name(f"{log.name}.1"))
    fail(running)
    failures = log.with_name(f"{log.name}.1").read_text().count("task_execution_failed")
    failures += log.read_text().count("task_execution_failed") if log.exists() else 0
    assert failures == 2
    assert read(running).failures_total == failures
