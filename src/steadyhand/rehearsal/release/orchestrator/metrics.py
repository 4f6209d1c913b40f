"""What Prometheus can see. Every series with a known label exists from boot, at zero."""

from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One registry per service, so that two of them can live in one process."""

    def __init__(self, *, reasons: Iterable[str], tools: Iterable[str], guardrails: Iterable[str]) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self.contract_failures = Counter(
            "planner_contract_failure_total", "Plans that broke the contract", ["reason"], registry=registry
        )
        self.tasks = Counter("orchestrator_tasks_total", "Finished tasks", ["status"], registry=registry)
        self.guardrail_trips = Counter("guardrail_trips_total", "Outputs withheld", ["guardrail"], registry=registry)
        self.tool_latency = Histogram(
            "tool_latency_seconds", "Time a tool took", ["tool"], buckets=LATENCY_BUCKETS, registry=registry
        )
        self._depth = Gauge("orchestrator_task_queue_depth", "Tasks waiting", registry=registry)
        self._oldest = Gauge("orchestrator_task_queue_oldest_seconds", "Age of the oldest", registry=registry)
        for metric, values in (
            (self.contract_failures, reasons),
            (self.tasks, ("succeeded", "failed")),
            (self.guardrail_trips, guardrails),
            (self.tool_latency, tools),
        ):
            for value in values:
                metric.labels(value)

    def watch_queue(self, depth: Callable[[], float], oldest_seconds: Callable[[], float]) -> None:
        """Let the queue's gauges ask these functions at each scrape."""
        self._depth.set_function(depth)
        self._oldest.set_function(oldest_seconds)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
