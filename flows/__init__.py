"""Prefect flows: one file per runbook heading, reading like the runbook (P1)."""
