"""Prometheus' and Alertmanager's own programs. One that is missing is a failure, never a skip."""

import subprocess
from pathlib import Path

import pytest

PACKAGES = {"promtool": "prometheus (or promtool, on newer Debian)", "amtool": "prometheus-alertmanager"}
_SECONDS = 120


def run(program: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """How it ended, and what it says."""
    command = [program, *map(str, arguments)]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        pytest.fail(f"{program} is not on PATH; on Debian it is in the package {PACKAGES[program]}")


def said(program: str, *arguments: str | Path) -> str:
    """What it says, content."""
    done = run(program, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
