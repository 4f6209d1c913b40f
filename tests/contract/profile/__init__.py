"""The profile against a real Prefect server."""
