"""What the receiver tells Prometheus: its own counts since start, and the store's state at the time of the scrape."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest

from steadyhand.store.counts import Counts
from steadyhand.store.reconciliations import Look

REGISTRY = CollectorRegistry()
_NOBODY = "nobody was asked yet"
NOTIFICATIONS = Counter(
    "steadyhand_notifications", "Webhook requests by result, since this process started.", ["result"], registry=REGISTRY
)
TRANSITIONS = Counter(
    "steadyhand_alert_transitions",
    "Alerts by what they meant, since this process started.",
    ["transition"],
    registry=REGISTRY,
)
TRUNCATED = Counter(
    "steadyhand_truncated_alerts",
    "Alerts that Alertmanager kept back (max_alerts is not 0), since this process started.",
    registry=REGISTRY,
)
REFUSED = Counter(
    "steadyhand_refused_requests",
    "Requests refused before their endpoint, by door (or `connection`) and reason, since this process started.",
    ["door", "reason"],
    registry=REGISTRY,
)
IN_FLIGHT = Gauge("steadyhand_requests_in_flight", "Requests behind a door now.", ["door"], registry=REGISTRY)
CONNECTIONS = Gauge("steadyhand_connections", "Open connections to the receiver.", registry=REGISTRY)


ProcessCollector(registry=REGISTRY)


def exposition(counts: Counts, looks: Sequence[Look]) -> bytes:
    """Prometheus' text format: the process's counters, the store's counts, and when who was last asked about alerts."""
    stored = CollectorRegistry()
    asked = Gauge(
        "steadyhand_reconciled_timestamp_seconds",
        "When this source last answered what it knows of alerts; 0 when it never did.",
        ["source"],
        registry=stored,
    )
    for look in looks:
        asked.labels(look.source).set(look.ok_at.timestamp() if look.ok_at else 0)
    if not looks:
        asked.labels(_NOBODY).set(0)
    for name, field in Counts.model_fields.items():
        gauge = Gauge(f"steadyhand_{name}", field.description or name, registry=stored)
        gauge.set(getattr(counts, name))
    return generate_latest(REGISTRY) + generate_latest(stored)
