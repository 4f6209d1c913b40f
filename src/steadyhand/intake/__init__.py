"""From a webhook's bytes to transitions that are committed (T1, rule 2)."""
