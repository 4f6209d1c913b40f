"""The services of a running Steadyhand: Prefect's server, a worker, the receiver, the dispatcher."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from steadyhand.errors import ConfigurationError
from steadyhand.profile import PROFILE_VARIABLE, Profile
from steadyhand.stack.home import HOME_VARIABLE
from steadyhand.stack.service import Ready, Service

WORK_POOL = "steadyhand"
_WORKER_POLL_SECONDS = "0.25"
_NOBODY = Path(__file__).with_name("nobody.pem")
"""A certificate whose key was thrown away: who believes it alone believes nobody.

Prefect reads whom to believe for each of its clients, even for plain http. All authorities are 20 ms; a flow run makes
eight clients before its first probe.
"""
_DEPLOY_SECONDS = 120
_CONNECT_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What every service is started with. `profile_path` is absolute, or None when all is default."""

    home: Path
    profile: Profile
    profile_path: Path | None
    prefect_database: str

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of every service. Nothing is reported to anybody outside."""
        state = self.profile.state_dir
        found = {
            # The work pool's command says `python`: it must be the one with Prefect in it.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            HOME_VARIABLE: str(self.home),
            "STEADYHAND_STATE_DIR": str(state),
            "PREFECT_HOME": str(state / "prefect"),
            "PREFECT_API_URL": self.profile.prefect.api_url,
            "PREFECT_API_DATABASE_CONNECTION_URL": self.prefect_database,
            "PREFECT_LOCAL_STORAGE_PATH": str(state / "results"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_WORKER_QUERY_SECONDS": _WORKER_POLL_SECONDS,
            "DO_NOT_TRACK": "1",
            "PYTHONUNBUFFERED": "1",
            # Whatever our own environment says: a flow run is a new process, and must not compile everything again.
            "PYTHONDONTWRITEBYTECODE": "",
        }
        if self.profile.prefect.api_url.startswith("http:"):
            found["PREFECT_API_SSL_CERT_FILE"] = str(_NOBODY)
        if self.profile.receiver.token is not None:
            found["STEADYHAND_RECEIVER__TOKEN"] = self.profile.receiver.token.model_dump_json(exclude_none=True)
        if self.profile_path is not None:
            found[PROFILE_VARIABLE] = str(self.profile_path)
        return found

    def service(self, name: str, *arguments: str, ready: Ready) -> Service:
        """A service of our own interpreter's."""
        return Service(
            name=name,
            command=[sys.executable, "-m", *arguments],
            log=self.profile.state_dir / f"{name}.log",
            ready=ready,
            environment=self.environment,
            directory=self.home,
        )


def prefect_server(layout: Layout) -> Service:
    """The server and its UI."""
    address = urlsplit(layout.profile.prefect.api_url)
    where = ["--host", address.hostname or "127.0.0.1", "--port", str(address.port or 80)]
    ready = answers(f"{layout.profile.prefect.api_url}/health")
    return layout.service("prefect-server", "prefect", "server", "start", *where, ready=ready)


def worker(layout: Layout) -> Service:
    """A process worker; it makes the work pool when there is none."""
    options = ["--pool", WORK_POOL, "--type", "process", "--name", "steadyhand"]
    ready = answers(f"{layout.profile.prefect.api_url}/work_pools/{WORK_POOL}")
    return layout.service("prefect-worker", "prefect", "worker", "start", *options, ready=ready)


def receiver(layout: Layout) -> Service:
    """The webhook. With TLS it is ready when it listens: it may want a certificate of us, and we have none."""
    settings = layout.profile.receiver
    plain = settings.tls.certificate is None
    ready = answers(f"{settings.address}/readyz") if plain else listens(settings.host, settings.port)
    return layout.service("receiver", "steadyhand", "receiver", ready=ready)


def dispatcher(layout: Layout) -> Service:
    """What starts and wakes runs."""

    async def ready() -> bool:
        return True

    return layout.service("dispatcher", "steadyhand", "dispatcher", ready=ready)


async def deploy(layout: Layout) -> None:
    """The deployments of prefect.yaml exist. Raises ConfigurationError with Prefect's words when it refuses."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "prefect",
        "--no-prompt",
        "deploy",
        "--all",
        cwd=layout.home,
        env={**os.environ, **layout.environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), _DEPLOY_SECONDS)
    except TimeoutError as error:
        process.kill()
        raise ConfigurationError(f"`prefect deploy --all` took longer than {_DEPLOY_SECONDS} s") from error
    if process.returncode:
        raise ConfigurationError(f"`prefect deploy --all` failed:\n{said.decode(errors='replace')[-3000:]}")


def answers(url: str) -> Ready:
    """A readiness check: the address answers with 200."""

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=2) as http:
                return (await http.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return ready


def listens(host: str, port: int) -> Ready:
    """A readiness check: someone takes connections there."""

    async def ready() -> bool:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return ready
