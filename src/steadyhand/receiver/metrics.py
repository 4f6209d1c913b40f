"""What the receiver tells Prometheus: its own counts since start, and the store's state at the time of the scrape."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from steadyhand.store.counts import Counts

REGISTRY = CollectorRegistry()
NOTIFICATIONS = Counter(
    "steadyhand_notifications", "Webhook requests by result, since this process started.", ["result"], registry=REGISTRY
)
TRANSITIONS = Counter(
    "steadyhand_alert_transitions",
    "Alerts by what they meant, since this process started.",
    ["transition"],
    registry=REGISTRY,
)


def exposition(counts: Counts) -> bytes:
    """Prometheus' text format: the process's counters and the store's counts."""
    stored = CollectorRegistry()
    for name, field in Counts.model_fields.items():
        gauge = Gauge(f"steadyhand_{name}", field.description or name, registry=stored)
        gauge.set(getattr(counts, name))
    return generate_latest(REGISTRY) + generate_latest(stored)
