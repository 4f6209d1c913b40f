"""Processes under our care: ready or told why not, restarted when killed, and none of them left behind."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import psutil
import pytest

from steadyhand.errors import ConfigurationError, TransientError
from steadyhand.launcher import Launcher
from steadyhand.profile import Prefect
from steadyhand.stack import service as service_module
from steadyhand.stack.home import HOME_VARIABLE, project_home
from steadyhand.stack.ports import LOOPBACK, free_port, require_free
from steadyhand.stack.postgres import PREFECT_DATABASE, STORE_DATABASE, EmbeddedPostgres, prepare
from steadyhand.stack.service import Group, Service, last_words

REPOSITORY = Path(__file__).parents[3]
FOR_EVER = "import time\ntime.sleep(60)\n"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Service]:
    """Makes a service of a few lines of Python; it is ready once it has made the file `ready` in its directory."""

    def made(source: str, *, name: str = "it", ready_seconds: float = 10) -> Service:
        directory = tmp_path / name
        directory.mkdir()

        async def ready() -> bool:
            return (directory / "ready").exists()

        return Service(
            name=name,
            command=[sys.executable, "-c", f"import os, pathlib, sys\n{source}"],
            log=tmp_path / f"{name}.log",
            ready=ready,
            directory=directory,
            ready_seconds=ready_seconds,
        )

    return made


READY = "pathlib.Path('ready').touch()\n"
WITH_CHILD = (
    "import subprocess\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "with open('children', 'a') as f:\n    f.write(f'{child.pid}\\n')\n"
)


def alive(pid: int) -> bool:
    """This process runs."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def until(condition: Callable[[], bool]) -> None:
    """Waits for it, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


def test_a_taken_port_is_told_with_the_setting_to_change() -> None:
    """The message is the user interface of an error."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=r"set receiver\.port to another") as refused:
            require_free(port, what="the receiver", setting="receiver.port")
    assert f"127.0.0.1:{port}" in str(refused.value)
    assert "the receiver" in str(refused.value)
    require_free(port, what="the receiver", setting="receiver.port")


def test_a_host_that_is_not_ours_is_told_with_the_setting_to_change() -> None:
    """A receiver.host of another machine."""
    with pytest.raises(ConfigurationError, match=r"receiver\.port"):
        require_free(free_port(), what="the receiver", setting="receiver.port", host="192.0.2.1")


async def test_a_program_that_ends_at_once_is_told_with_its_last_words(make: Callable[..., Service]) -> None:
    """What a person needs at 3 a.m. is why."""
    async with Group(restart=False, report=print) as group:
        with pytest.raises(ConfigurationError, match="exit code 7") as refused:
            await group.start(make("print('no such database', file=sys.stderr)\nsys.exit(7)"))
    assert "no such database" in str(refused.value)
    assert "it ended" in str(refused.value)


async def test_a_program_that_never_gets_ready_is_told_and_stopped(make: Callable[..., Service]) -> None:
    """Slow is worth another try."""
    async with Group(restart=False, report=print) as group:
        with pytest.raises(TransientError, match="was not ready within 1 s"):
            await group.start(make("print('still loading', flush=True)\n" + FOR_EVER, ready_seconds=1))
        pid = group.pids()["it"]
        assert alive(pid)
    assert not alive(pid)


async def test_a_missing_program_is_named(tmp_path: Path, make: Callable[..., Service]) -> None:
    """The machine is not as it must be."""
    there = make("")
    absent = Service(name="ghost", command=["/nonexistent/ghost"], log=tmp_path / "ghost.log", ready=there.ready)
    async with Group(restart=False, report=print) as group:
        with pytest.raises(ConfigurationError, match="ghost: cannot start '/nonexistent/ghost'"):
            await group.start(absent)


async def test_a_program_that_may_not_be_run_is_named(tmp_path: Path, make: Callable[..., Service]) -> None:
    """The machine is not as it must be."""
    there = make("")
    closed = Service(name="closed", command=["/etc/hostname"], log=tmp_path / "closed.log", ready=there.ready)
    async with Group(restart=False, report=print) as group:
        with pytest.raises(ConfigurationError, match="/etc/hostname"):
            await group.start(closed)


async def test_a_killed_service_is_started_again_and_reported(make: Callable[..., Service]) -> None:
    """Rule 2: nothing depends on a process living."""
    said: list[str] = []
    async with Group(restart=True, report=said.append) as group:
        await group.start(make(READY + FOR_EVER))
        first = group.pids()["it"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: group.pids().get("it", first) != first)
        second = group.pids()["it"]
        assert alive(second)
    assert not alive(second)
    assert len(said) == 1
    assert "it ended with exit code -9; starting it again" in said[0]


async def test_without_restart_a_killed_service_stays_down(make: Callable[..., Service]) -> None:
    """A rehearsal's target must be able to die."""
    said: list[str] = []
    async with Group(restart=False, report=said.append) as group:
        await group.start(make(READY + FOR_EVER))
        pid = group.pids()["it"]
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not alive(pid))
        await asyncio.sleep(1.2)
        assert group.pids() == {"it": pid}
    assert said == []


async def test_leaving_the_block_leaves_no_child(tmp_path: Path, make: Callable[..., Service]) -> None:
    """Neither of the service nor of what it started."""
    async with Group(restart=True, report=print) as group:
        await group.start(make(WITH_CHILD + READY + FOR_EVER))
        pids = [group.pids()["it"], *map(int, (tmp_path / "it/children").read_text().split())]
        assert all(alive(pid) for pid in pids)
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_a_service_that_ignores_sigterm_is_gone_all_the_same(
    tmp_path: Path, make: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its children, a grandchild in a session of its own among them."""
    monkeypatch.setattr(service_module, "_STOP_SECONDS", 0.5)
    apart = WITH_CHILD.replace("time.sleep(60)'])", "time.sleep(60)'], start_new_session=True)")
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    async with Group(restart=False, report=print) as group:
        await group.start(make(deaf + apart + READY + FOR_EVER))
        pids = [group.pids()["it"], *map(int, (tmp_path / "it/children").read_text().split())]
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_children_of_a_service_that_was_restarted_are_not_left(
    tmp_path: Path, make: Callable[..., Service]
) -> None:
    """`Group.stop`: no service and no child of one is left."""
    async with Group(restart=True, report=print) as group:
        await group.start(make(WITH_CHILD + READY + FOR_EVER))
        first = group.pids()["it"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: group.pids().get("it", first) != first)
        await until(lambda: len((tmp_path / "it/children").read_text().split()) == 2)
        children = [int(pid) for pid in (tmp_path / "it/children").read_text().split()]
    await asyncio.sleep(0.2)
    left = [pid for pid in children if alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


async def test_services_are_stopped_in_reverse_order(tmp_path: Path, make: Callable[..., Service]) -> None:
    """The database outlives what writes to it."""
    telling = (
        "import signal, time\n"
        "def bye(*_):\n    open('../order', 'a').write(os.path.basename(os.getcwd()) + ' ')\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, bye)\n"
    )
    async with Group(restart=False, report=print) as group:
        for name in ("first", "second"):
            await group.start(make(telling + READY + FOR_EVER, name=name))
    assert (tmp_path / "order").read_text() == "second first "


def test_last_words_of_no_log_are_none(tmp_path: Path) -> None:
    """An error about an error helps nobody."""
    assert last_words(tmp_path / "absent.log") == ""
    (tmp_path / "log").write_bytes(b"a\nb\n\xff\n")
    assert last_words(tmp_path / "log", lines=2) == "b\n\N{REPLACEMENT CHARACTER}"


async def in_store(server: EmbeddedPostgres, query: str) -> str:
    """The answer of one query, or the status of one command."""
    connection = await asyncpg.connect(host=str(server.sockets), user="postgres", database=STORE_DATABASE)
    try:
        return str(await connection.fetchval(query))
    finally:
        await connection.close()


async def test_the_embedded_postgres_keeps_its_data_until_it_is_removed(tmp_path: Path) -> None:
    """Rule 2; and a throw-away server leaves nothing."""
    first = await asyncio.to_thread(prepare, tmp_path / "state")
    async with Group(restart=False, report=print) as group:
        await group.start(first.service())
        await first.create_databases()
        await first.create_databases()
        await in_store(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    second = await asyncio.to_thread(prepare, tmp_path / "state")
    assert second.data == first.data
    async with Group(restart=False, report=print) as group:
        await group.start(second.service())
        assert await in_store(second, "SELECT answer FROM kept") == "42"
        names = "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname !~ 'template'"
        assert await in_store(second, names) == f"postgres {PREFECT_DATABASE} {STORE_DATABASE}"
    second.remove()
    first.remove()
    assert not first.data.exists()
    assert not second.sockets.exists()


async def test_two_state_directories_are_two_servers(tmp_path: Path) -> None:
    """Two people, or two tests, on one machine."""
    one, other = await asyncio.gather(
        asyncio.to_thread(prepare, tmp_path / "one"), asyncio.to_thread(prepare, tmp_path / "other")
    )
    try:
        assert one.data != other.data
        assert one.url("x") != other.url("x")
    finally:
        one.remove()
        other.remove()


def test_the_repository_is_found_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editable install works from any directory."""
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert project_home() == REPOSITORY
    monkeypatch.chdir(REPOSITORY / "docs")
    assert project_home() == REPOSITORY


def test_another_copy_of_the_repository_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`STEADYHAND_HOME` wins over where we stand."""
    copy = tmp_path / "copy"
    (copy / "flows").mkdir(parents=True)
    shutil.copy(REPOSITORY / "prefect.yaml", copy)
    monkeypatch.setenv(HOME_VARIABLE, str(copy))
    assert project_home() == copy


def test_a_wrong_home_is_told_with_the_variable_to_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was named is not silently passed over."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    with pytest.raises(ConfigurationError, match=f"(?s){tmp_path}.*{HOME_VARIABLE}"):
        project_home()


async def test_a_prefect_that_is_not_there_is_worth_another_try() -> None:
    """Rule 2: the dispatcher waits for it and loses nothing."""
    launcher = Launcher(Prefect(api_url=f"http://{LOOPBACK}:{free_port()}/api"))
    with pytest.raises(TransientError, match="does not answer"):
        async with launcher:
            await launcher.wake(uuid4())
