"""A directory without a profile, and an environment without overrides."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `steadyhand.toml` lies in the working directory, and no variable overrides anything."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("STEADYHAND_")]:
        monkeypatch.delenv(name)
