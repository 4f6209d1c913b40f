"""Read-only questions, one file each. REGISTRY is all of them: a new one is one file, one line here, one test."""

from steadyhand.probes import (
    active_alerts,
    deployment,
    hardening_workflow,
    last_backup,
    planner_contract_failures,
    planner_contract_suite,
    reachability,
    recent_tasks,
    regression_suite,
    task_completion,
    task_queue,
    tool_adapters,
    tool_latency,
)
from steadyhand.probes.probe import Probe

REGISTRY: dict[str, Probe] = {
    probe.name: probe
    for probe in (
        reachability.PROBE,
        regression_suite.PROBE,
        last_backup.PROBE,
        recent_tasks.PROBE,
        task_queue.PROBE,
        planner_contract_suite.PROBE,
        planner_contract_failures.PROBE,
        active_alerts.PROBE,
        tool_adapters.PROBE,
        deployment.PROBE,
        hardening_workflow.PROBE,
        regression_suite.EXIT_PROBE,
        planner_contract_suite.EXIT_PROBE,
        task_completion.PROBE,
        tool_latency.PROBE,
    )
}
