"""What Alertmanager and Prometheus have, beside what is known here: what was never delivered still opens (T1).

reconcile   one look at all of them, and what follows from it
watch       looks for ever, on schedule and whenever an alert fires again that was resolved
"""

from steadyhand.reconciling.reconciliation import Reconciliation, reconcile
from steadyhand.reconciling.watch import watch

__all__ = ["Reconciliation", "reconcile", "watch"]
