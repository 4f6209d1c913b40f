"""All of Steadyhand with every stock part, as `steadyhand up` starts it, and a stand-in to look at."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import httpx
from prefect.client.orchestration import PrefectClient

from benchmarks.bodies import captures, retold
from benchmarks.burst import PATH
from benchmarks.ground_profile import ground_profile
from steadyhand.domain.incident import Environment, Incident
from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError
from steadyhand.profile import Profile, load_profile
from steadyhand.stack.home import project_home
from steadyhand.stack.parts import answers
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group, Service
from steadyhand.stack.up import TOKEN_FILE, Report, running
from steadyhand.store import incidents
from steadyhand.store.database import Database, open_database, store_url

Pace = Literal["quick", "slow"]
_ENVIRONMENTS: Mapping[Pace, Environment] = {"quick": Environment.PRODUCTION, "slow": Environment.STAGING}
_CAPTURE = "01_firing_single_am033"
_POST_SECONDS = 30
_SCHEDULED = ("exit-criteria/exit-criteria", "communication/communication", "doctor/doctor")


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The running services, and how a benchmark acts on them and looks at them."""

    profile: Profile
    store_url: str
    database: Database
    prefect: PrefectClient
    services: Group
    token: str
    directory: Path

    async def alert(self, service: str, number: int, pace: Pace = "quick") -> tuple[datetime, datetime]:
        """A captured notification of one critical alert of this service; when it was sent, and acknowledged.

        `number` is new each time: it makes the alert one never seen before. Raises TransientError when it is refused.
        """
        (body,) = captures()[_CAPTURE]
        identity = number * 2 + (_ENVIRONMENTS[pace] is Environment.STAGING)
        settings = self.profile.receiver
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(timeout=_POST_SECONDS, headers=headers) as http:
            content, sent = retold(body, identity, service=service), utc_now()
            answer = await http.post(f"http://{settings.host}:{settings.port}{PATH}", content=content)
        if answer.status_code != httpx.codes.OK:
            raise TransientError(f"the receiver answered {answer.status_code}: {answer.text[:200]}")
        return sent, utc_now()

    async def incidents_of(self, services: frozenset[str]) -> tuple[Incident, ...]:
        """The open incidents of these services."""
        async with self.database.transaction() as connection:
            found = await incidents.listed(connection, open_only=True)
        return tuple(incident for incident in found if incident.service in services)


@asynccontextmanager
async def ground(directory: Path, report: Report) -> AsyncIterator[Ground]:
    """Everything runs, the schedules rest; afterwards no process and no database is left. `directory` is made."""
    directory.mkdir(parents=True)
    ports = {name: free_port() for name in ("prefect", "receiver", "target")}
    profile_path = directory / "steadyhand.toml"
    profile_path.write_text(ground_profile(directory, ports))
    profile = load_profile(profile_path)
    async with Group(restart=False, report=report) as group:
        await group.start(_target(directory, ports["target"]))
        async with (
            running(profile, profile_path, restart=False, throw_away=True, report=report) as services,
            open_database(profile) as database,
            PrefectClient(profile.prefect.api_url) as prefect,
        ):
            for name in _SCHEDULED:
                await prefect.pause_deployment((await prefect.read_deployment_by_name(name)).id)
            yield Ground(
                profile=profile,
                store_url=store_url(profile),
                database=database,
                prefect=prefect,
                services=services,
                token=(profile.state_dir / TOKEN_FILE).read_text().strip(),
                directory=directory,
            )


def _target(directory: Path, port: int) -> Service:
    options = ["--factory", "--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]
    return Service(
        name="target",
        command=[sys.executable, "-m", "uvicorn", "benchmarks.target:create_app", *options],
        log=directory / "target.log",
        ready=answers(f"http://{LOOPBACK}:{port}/quick/api/v1/health"),
        directory=project_home(),
    )
