"""Runs mitigation phases under a Prefect server of their own: `python -m tests.contract.silences.mitigating < CASES`.

Prints JSON: for each case how the phase ended, or what it raised. A process of its own, because Prefect's clients leave
sockets to their end.
"""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
from prefect.testing.utilities import prefect_test_harness
from pydantic import BaseModel, TypeAdapter

from flows.mitigation import mitigation
from steadyhand.domain.approval import Approval
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Plan
from tests.unit.changing.world import Target

DATABASE = "TEST_DATABASE"
_LEDGER, _GONE = "ALTER TABLE mitigations RENAME TO gone", "ALTER TABLE gone RENAME TO mitigations"


class Given(BaseModel):
    """One phase: what it is called with, how the deployer at `home` behaves, whether there is a ledger; variables."""

    incident: Incident
    plan: Plan
    approval: Approval
    home: Path
    mode: str = "obey"
    ledger: bool = True
    variables: dict[str, str] = {}


GIVEN = TypeAdapter(list[Given])
ENDED = TypeAdapter(list[str])


async def ended(given: Given) -> str:
    """The states the steps came to, or the error's name."""
    Target(given.home).behave(given.mode)
    os.environ.update(given.variables)
    connection = await asyncpg.connect(os.environ[DATABASE].replace("postgresql+asyncpg:", "postgresql:"))
    try:
        if not given.ledger:
            await connection.execute(_LEDGER)
        result = await mitigation(given.incident, given.plan, given.approval)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return type(error).__name__
    else:
        return ", ".join(outcome.state for outcome in result.outcomes)
    finally:
        for name in given.variables:
            del os.environ[name]
        if not given.ledger:
            await connection.execute(_GONE)
        await connection.close()


async def all_ended(cases: list[Given]) -> list[str]:
    """One phase after another."""
    return [await ended(given) for given in cases]


if __name__ == "__main__":
    with prefect_test_harness(server_startup_timeout=90):
        found = asyncio.run(all_ended(GIVEN.validate_json(sys.stdin.read())))
        sys.stdout.write(ENDED.dump_json(found).decode())
