"""Prefect tasks: retry, name, timeout, cache policy. No judgement: each opens what it needs and calls one function."""
