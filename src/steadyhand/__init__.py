"""Steadyhand: incident remediation for the *Orchestrator Incident Response* runbook."""

__version__ = "0.1.0"
