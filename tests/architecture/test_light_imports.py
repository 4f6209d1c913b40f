"""A flow run is a new process: what it imports, the first probe of every incident waits for."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
HEAVY = (
    "alembic",
    "apprise",
    "cryptography",
    "fastapi",
    "githubkit",
    "jwt",
    "kubernetes_asyncio",
    "pandas",
    "structlog",
)
"""Libraries that few runs need, imported where they are used: tens of milliseconds each, half a second some."""


def loaded_by(statement: str) -> set[str]:
    """The modules in a new interpreter after this statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_a_flow_run_starts_without_the_libraries_that_few_runs_need() -> None:
    """Point 7 (b): from webhook to first finding in 2 s, most of it the start of Python, Prefect and this."""
    loaded = loaded_by("import flows.incident")
    assert {"flows.incident", "sqlalchemy", "prefect"} <= loaded
    assert not loaded.intersection(HEAVY)
