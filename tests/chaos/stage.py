"""The real parts: Postgres, Prefect, a worker, two receivers and two dispatchers on one database, all restarted."""

import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from sqlalchemy import make_url

from steadyhand.profile import Profile, load_profile
from steadyhand.stack import parts
from steadyhand.stack.home import project_home
from steadyhand.stack.parts import Layout
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.postgres import PREFECT_DATABASE
from steadyhand.stack.service import Group
from steadyhand.stack.up import Report, running, with_token
from steadyhand.store.database import Database, open_database, store_url

RECEIVERS = ("receiver", "receiver-2")
DISPATCHERS = ("dispatcher", "dispatcher-2")
POSTGRES, PREFECT, WORKER = "postgres", "prefect-server", "prefect-worker"
EVERY_SERVICE = (*RECEIVERS, *DISPATCHERS, POSTGRES, PREFECT, WORKER)
_STATE_VARIABLE = "STEADYHAND_STATE_DIR"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Running parts. `receivers` are their addresses; `token` opens both."""

    profile: Profile
    group: Group
    database: Database
    receivers: tuple[str, ...]
    token: str


@asynccontextmanager
async def chaos_stage(root: Path, *, report: Report) -> AsyncIterator[Stage]:
    """Everything runs under `root` and is started again when killed; afterwards no process is left and the logs are."""
    root.mkdir(parents=True, exist_ok=True)
    ports = (free_port(), free_port())
    path = root / "steadyhand.toml"
    path.write_text(_profile(root, receiver=ports[0], prefect=free_port(), closed=free_port()))
    profile = with_token(load_profile(path))
    assert profile.receiver.token is not None
    try:
        async with running(profile, path, restart=True, throw_away=True, report=report) as group:
            await _second_of_each(group, _layout(profile, path), port=ports[1])
            async with open_database(profile) as database:
                yield Stage(
                    profile=profile,
                    group=group,
                    database=database,
                    receivers=tuple(f"http://{LOOPBACK}:{port}" for port in ports),
                    token=profile.receiver.token.resolve().get_secret_value(),
                )
    finally:
        _end_orphans(profile.state_dir)


def _layout(profile: Profile, path: Path) -> Layout:
    prefect = make_url(store_url(profile)).set(database=PREFECT_DATABASE)
    return Layout(
        home=project_home(),
        profile=profile,
        profile_path=path,
        prefect_database=prefect.render_as_string(hide_password=False),
    )


async def _second_of_each(group: Group, layout: Layout, *, port: int) -> None:
    settings = layout.profile.receiver.model_copy(update={"port": port})
    layout = replace(layout, profile=layout.profile.model_copy(update={"receiver": settings}))
    environment = {**layout.environment, "STEADYHAND_RECEIVER__PORT": str(port)}
    for service, name in ((parts.receiver(layout), RECEIVERS[1]), (parts.dispatcher(layout), DISPATCHERS[1])):
        log = service.log.with_name(f"{name}.log")
        await group.start(replace(service, name=name, log=log, environment=environment))


def _profile(root: Path, *, receiver: int, prefect: int, closed: int) -> str:
    """Nobody answers but ourselves: every probe says unknown at once, and a master run soon waits for the closure."""
    nobody = f'url = "http://{LOOPBACK}:{closed}"\n'
    return f"""\
state_dir = {json.dumps(str(root / "state"))}
commander = "nobody (chaos suite)"

[environments.production]
{nobody}
[environments.staging]
{nobody}
[prometheus]
{nobody}
[alertmanager]
{nobody}
[receiver]
port = {receiver}

[prefect]
api_url = "http://{LOOPBACK}:{prefect}/api"
"""


def _end_orphans(state_dir: Path) -> None:
    """Flow runs whose worker was killed have nobody's care; they are known by the state directory they work in."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_STATE_VARIABLE) == str(state_dir):
                process.kill()
