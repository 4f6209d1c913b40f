"""What becomes of the answers of a platform team's programs (M1, M2, M3), beyond the contract of all deployers."""

import asyncio
import json
import sys
import time
import traceback
from pathlib import Path

import psutil
import pytest

from steadyhand.clients.deployers import DryRun
from steadyhand.clients.deployers.command import CommandRunner
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.errors import ChangeRefused, ConfigurationError, PermanentError, TransientError, UnexpectedAnswer
from steadyhand.profile import CommandDeployer

from .world import MANAGED

DESIRED = DesiredDeployment(release="2.7.0", environment={"PLANNING__ENABLED": "false"})
STATE = {
    "release": "2.7.0",
    "environment": {"PLANNING__ENABLED": "true"},
    "healthy": True,
    "commit": "abc",
    "known_good_releases": ["2.7.0", "2.6.4"],
    "region": "unknown fields are fine",
}
PASSWORD = "hunter2-and-more"
PRINT_STATE = f"print({json.dumps(STATE)!r})"


def runner(state: str = PRINT_STATE, apply: str = "", seconds: float = 20) -> CommandRunner:
    """A deployer whose two programs are these lines of Python."""
    python = [sys.executable, "-c"]
    settings = CommandDeployer(state=(*python, state), apply=(*python, apply), timeout_seconds=seconds)
    return CommandRunner(settings, managed=MANAGED)


def gone(pid: int) -> bool:
    """No such process runs."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_the_whole_answer_is_read_and_unknown_fields_are_skipped() -> None:
    """M1: release, commit, and where one could go back to."""
    found = await runner().state()
    assert (found.release, found.environment, found.healthy) == ("2.7.0", {"PLANNING__ENABLED": "true"}, True)
    assert (found.commit, found.last_known_good) == ("abc", "2.6.4")


@pytest.mark.parametrize(
    "said", ["", "OK", "[]", "{}", '{"release": "2.7.0"}', '{"release": 1, "environment": {}, "healthy": true}']
)
async def test_a_state_that_is_not_as_documented_is_told(said: str) -> None:
    """Rule 4."""
    with pytest.raises(UnexpectedAnswer, match=r"deployer\.state did not print what is documented: .+: .+"):
        await runner(state=f"print({said!r})").state()


async def test_of_a_whole_environment_only_what_we_manage_is_read() -> None:
    """Rule 8: the target's own secrets stay its own, though the program prints them."""
    told = {**STATE, "environment": {"DB_PASSWORD": PASSWORD, "PLANNING__ENABLED": "true"}}
    found = await runner(state=f"print({json.dumps(told)!r})").state()
    assert found.environment == {"PLANNING__ENABLED": "true"}


@pytest.mark.parametrize(
    "told",
    [
        {**STATE, "environment": {"DB_PASSWORD": PASSWORD}, "healthy": "?"},
        {**STATE, "environment": {"DB_PASSWORD": [PASSWORD]}},
        {**STATE, "environment": f"DB_PASSWORD={PASSWORD}"},
        f"DB_PASSWORD={PASSWORD}",
    ],
)
async def test_a_malformed_state_is_told_without_quoting_it(told: object) -> None:
    """Rule 8: place and reason are enough, in the traceback, too."""
    said = told if isinstance(told, str) else json.dumps(told)
    with pytest.raises(UnexpectedAnswer) as refused:
        await runner(state=f"print({said!r})").state()
    assert PASSWORD not in "".join(traceback.format_exception(refused.value))


async def test_a_state_program_that_fails_is_worth_another_try_and_quoted() -> None:
    """Rule 4."""
    with pytest.raises(TransientError, match="exited 3: cluster is away"):
        await runner(state="import sys; print('cluster is away', file=sys.stderr); sys.exit(3)").state()


@pytest.mark.parametrize("program", ["/nonexistent/deploy", "steadyhand-no-such-program", "/etc/hostname", "/tmp"])
async def test_a_program_that_cannot_be_started_is_named(program: str) -> None:
    """The profile is wrong; trying again cannot help."""
    deployer = CommandRunner(CommandDeployer(state=(program,), apply=(program,)), managed=MANAGED)
    with pytest.raises(ConfigurationError, match=program):
        await deployer.state()
    with pytest.raises(ConfigurationError, match=program):
        await deployer.apply(DESIRED)


async def test_what_is_desired_reaches_the_program_as_one_json_object(tmp_path: Path) -> None:
    """M2: nothing on a command line, so nothing in a process list."""
    apply = f"import sys, pathlib; pathlib.Path({str(tmp_path / 'got')!r}).write_text(sys.stdin.read())"
    await runner(apply=apply).apply(DESIRED)
    assert json.loads((tmp_path / "got").read_text()) == {
        "release": "2.7.0",
        "environment": {"PLANNING__ENABLED": "false"},
    }


async def test_hostile_values_reach_the_program_as_they_are(tmp_path: Path) -> None:
    """Rule 8: no shell is between."""
    nasty = {"PLANNING__ENABLED": "$(touch /tmp/pwned); `id` \n\"'"}
    apply = f"import sys, pathlib; pathlib.Path({str(tmp_path / 'got')!r}).write_text(sys.stdin.read())"
    await runner(apply=apply).apply(DESIRED.model_copy(update={"environment": nasty}))
    assert json.loads((tmp_path / "got").read_text())["environment"] == nasty


async def test_a_refused_change_carries_the_targets_last_words() -> None:
    """Rule 5: a value the target refuses at boot."""
    apply = "import sys; sys.stderr.write('x' * 100_000 + ' PLANNING__ENABLED must be yes'); sys.exit(1)"
    with pytest.raises(ChangeRefused, match="exited 1") as refused:
        await runner(apply=apply).apply(DESIRED)
    assert refused.value.last_words.endswith("PLANNING__ENABLED must be yes")
    assert len(refused.value.last_words) == 2000


async def test_a_program_killed_by_a_signal_has_refused() -> None:
    """Rule 5: no exit code is no success."""
    with pytest.raises(ChangeRefused, match="-9"):
        await runner(apply="import os; os.kill(os.getpid(), 9)").apply(DESIRED)


async def test_a_program_that_reads_nothing_is_no_trouble() -> None:
    """Closing its input early breaks no pipe of ours."""
    big = DESIRED.model_copy(update={"environment": {"A": "x" * 1_000_000}})
    await runner(apply="import os; os.close(0)").apply(big)


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """Rule 5: told as refused, and nothing goes on changing the target afterwards."""
    pids = tmp_path / "pids"
    apply = (
        "import os, pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(60)\n"
    )
    began = time.monotonic()
    with pytest.raises(ChangeRefused, match=r"still running after 1\.5 s and was killed"):
        await runner(apply=apply, seconds=1.5).apply(DESIRED)
    assert time.monotonic() - began < 4
    await asyncio.sleep(0.2)
    assert [gone(int(pid)) for pid in pids.read_text().split()] == [True, True]


async def test_a_cancelled_change_kills_the_program(tmp_path: Path) -> None:
    """Rule 6: no second pair of hands is left at work."""
    pid = tmp_path / "pid"
    apply = f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"
    task = asyncio.ensure_future(runner(apply=apply).apply(DESIRED))
    deadline = time.monotonic() + 5
    while not (pid.exists() and pid.read_text()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.2)
    assert gone(int(pid.read_text()))


async def test_a_state_program_that_hangs_refuses_no_change() -> None:
    """Rule 4: `Deployer.state` promises TransientError or UnexpectedAnswer when it cannot be read."""
    with pytest.raises((TransientError, UnexpectedAnswer)):
        await runner(state="import time; time.sleep(60)", seconds=0.5).state()


async def test_a_deployer_may_leave_a_service_running_that_kept_its_output(tmp_path: Path) -> None:
    """Rule 5: a program that exits 0 has deployed; what it started must live."""
    pid = tmp_path / "pid"
    apply = (
        "import pathlib, subprocess, sys\n"
        "it = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(8)'])\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(it.pid))\n"
    )
    await runner(apply=apply, seconds=1.5).apply(DESIRED)
    service = psutil.Process(int(pid.read_text()))
    service.kill()


async def test_a_deployer_may_leave_a_service_running_that_has_its_own_output(tmp_path: Path) -> None:
    """Rule 5: killing the process group after a success would undo the deployment."""
    pid = tmp_path / "pid"
    apply = (
        "import pathlib, subprocess, sys\n"
        "quiet = dict.fromkeys(('stdin', 'stdout', 'stderr'), subprocess.DEVNULL)\n"
        "it = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(8)'], **quiet)\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(it.pid))\n"
    )
    await runner(apply=apply).apply(DESIRED)
    service = psutil.Process(int(pid.read_text()))
    assert service.is_running()
    service.kill()


async def test_without_a_check_program_nothing_is_promised() -> None:
    """Rule 4: false is "cannot tell"."""
    assert await runner().check(DESIRED) is False


async def test_a_check_that_says_no_is_told_with_its_words() -> None:
    """M2: before anything is changed."""
    refuse = "import sys; sys.exit('PLANNING__ENABLED must be yes, not ' + sys.stdin.read())"
    python = (sys.executable, "-c")
    settings = CommandDeployer(state=(*python, PRINT_STATE), apply=(*python, ""), check=(*python, refuse))
    with pytest.raises(ChangeRefused, match=r"deployer\.check exited 1") as refused:
        await CommandRunner(settings, managed=MANAGED).check(DESIRED)
    assert refused.value.last_words == f"PLANNING__ENABLED must be yes, not {DESIRED.model_dump_json()}"


async def test_a_dry_run_changes_nothing_and_pretends_from_then_on(tmp_path: Path) -> None:
    """Rule 1: dry run is a client, not an if."""
    apply = f"import pathlib; pathlib.Path({str(tmp_path / 'touched')!r}).touch()"
    dry = DryRun(runner(apply=apply))
    assert (await dry.state()).environment == {"PLANNING__ENABLED": "true"}
    await dry.apply(DESIRED)
    assert not (tmp_path / "touched").exists()
    assert dry.asked == [DESIRED]
    pretended = await dry.state()
    assert (pretended.desired, pretended.healthy, pretended.last_known_good) == (DESIRED, True, "2.6.4")
    assert (await runner().state()).environment == {"PLANNING__ENABLED": "true"}


def test_every_way_of_failing_is_one_of_ours() -> None:
    """The flow catches two kinds."""
    assert issubclass(ChangeRefused, PermanentError)
    assert not issubclass(TransientError, PermanentError)
