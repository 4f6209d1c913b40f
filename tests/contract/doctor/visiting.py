"""Runs the doctor's flow under a Prefect server of its own: `python -m tests.contract.doctor.visiting VISITS`.

VISITS is JSON: for each visit the variables that are set before it. Prints JSON: the states, and the artifacts' texts.
A process of its own, because Prefect's clients leave sockets to their end.
"""

import asyncio
import json
import os
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.testing.utilities import prefect_test_harness

from flows.doctor import visit


async def visits(variables: list[dict[str, str]]) -> dict[str, list[str]]:
    """One visit after another."""
    states = []
    for each in variables:
        os.environ.update(each)
        states.append(await visit())
    async with get_client() as client:
        shown = await client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["doctor"])))
    return {"states": states, "pages": [str(one.data) for one in shown]}


if __name__ == "__main__":
    with prefect_test_harness(server_startup_timeout=90):
        sys.stdout.write(json.dumps(asyncio.run(visits(json.loads(sys.argv[1])))))
