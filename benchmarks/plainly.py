"""A plain `flow.serve()` beside our own parts."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.engine import make_url

from benchmarks import plain
from benchmarks.ground import Ground
from benchmarks.waiting_for import until
from steadyhand.domain.record import utc_now
from steadyhand.stack.home import project_home
from steadyhand.stack.service import Group, Service
from steadyhand.stack.up import Report

_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 120.0


@asynccontextmanager
async def served_plainly(ground: Ground, report: Report) -> AsyncIterator[None]:
    """The minimal flow is served on the ground's Prefect server, at its defaults; afterwards nobody serves it."""
    async with ground.database.transaction() as connection:
        await connection.execute(text(plain.TABLE))
    url = make_url(ground.store_url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def ready() -> bool:
        found = await ground.prefect.read_deployments()
        return any(deployment.name == "plain" for deployment in found)

    service = Service(
        name="plain",
        command=[sys.executable, "-m", "benchmarks.plain"],
        log=ground.directory / "plain.log",
        ready=ready,
        environment={
            "PREFECT_API_URL": ground.profile.prefect.api_url,
            "PREFECT_HOME": str(ground.directory / "plain"),
            "PYTHONPATH": os.pathsep.join([str(project_home()), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            plain.URL_VARIABLE: url,
        },
        directory=project_home(),
    )
    async with Group(restart=False, report=report) as group:
        report("starting a plain flow.serve()")
        await group.start(service)
        yield


async def plain_run(ground: Ground, number: int) -> float:
    """Seconds from asking for a run until its row can be read."""
    deployment = await ground.prefect.read_deployment_by_name(plain.DEPLOYMENT)
    asked = utc_now()
    await ground.prefect.create_flow_run_from_deployment(deployment.id, parameters={"number": number})

    async def look() -> bool:
        async with ground.database.transaction() as connection:
            statement = text("SELECT 1 FROM plain_acts WHERE number = :number")
            return (await connection.execute(statement, {"number": number})).first() is not None

    await until("the plain flow wrote its row", _PATIENCE_SECONDS, look, every=_LOOK_SECONDS)
    return (utc_now() - asked).total_seconds()
