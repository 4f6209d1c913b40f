"""Frozen records: what crosses a task, a process or the database."""
