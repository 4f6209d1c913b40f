"""Running the orchestrator's own suites: the verdict is true, and nothing outside the scratch copy is touched."""

import asyncio
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from steadyhand.clients.suites import SuiteResult, checkout_of, run_suite
from steadyhand.errors import ConfigurationError, UnexpectedAnswer
from steadyhand.profile import Suite, Suites

GREEN = "def test_one():\n    pass\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """An orchestrator's code, with no test yet."""
    path = tmp_path / "orchestrator-2.7.0"
    (path / "tests").mkdir(parents=True)
    (path / "pytest.ini").write_text("[pytest]\n")
    return path


async def run(
    checkout: Path, source: str, *arguments: str, seconds: float = 20, environment: dict[str, str] | None = None
) -> SuiteResult:
    """The result of one file of tests."""
    (checkout / "tests" / "test_it.py").write_text(source)
    suite = Suite(arguments=("tests/test_it.py", *arguments), timeout_seconds=seconds)
    return await run_suite(Suites(), suite, checkout, environment or {})


def tree(root: Path) -> dict[str, bytes]:
    """Every file under a directory, by relative path."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def running_in(marker: str) -> list[psutil.Process]:
    """Processes whose command line holds this text."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE and marker in " ".join(process.info["cmdline"] or ())
    ]


async def test_a_suite_that_passes_is_green(checkout: Path) -> None:
    """E1, E2."""
    result = await run(checkout, GREEN + "def test_two():\n    pass\n")
    assert (result.green, result.tests, result.failures, result.first_failures) == (True, 2, 0, ())


async def test_a_suite_that_fails_is_red_and_names_its_first_failure(checkout: Path) -> None:
    """F3, D3."""
    result = await run(checkout, GREEN + "def test_sum():\n    assert 1 + 1 == 3, 'off by one'\n")
    assert (result.green, result.tests, result.failures) == (False, 2, 1)
    assert result.first_failures[0].startswith("test_sum: ")
    assert "off by one" in result.first_failures[0]


async def test_a_fixture_that_breaks_is_a_failure_too(checkout: Path) -> None:
    """F3: an error is no pass."""
    source = "import pytest\n@pytest.fixture\ndef it():\n    raise OSError('no db')\ndef test_it(it):\n    pass\n"
    result = await run(checkout, source)
    assert (result.green, result.failures) == (False, 1)
    assert "no db" in result.first_failures[0]


async def test_a_suite_that_skips_everything_is_not_green(checkout: Path) -> None:
    """Rule 4: nothing ran, so nothing is proven."""
    result = await run(checkout, "import pytest\ndef test_one():\n    pytest.skip('not today')\n")
    assert (result.green, result.tests, result.skipped) == (False, 1, 1)


@pytest.mark.parametrize("source", ["import time\ndef test_one():\n    time.sleep(60)\n", "while True:\n    pass\n"])
async def test_a_suite_that_hangs_is_killed_within_its_limit(checkout: Path, source: str) -> None:
    """F3: *if safe*; an unknown, not a failure."""
    began = time.monotonic()
    with pytest.raises(UnexpectedAnswer, match="still running after 1 s and was killed"):
        await run(checkout, source, seconds=1)
    assert time.monotonic() - began < 4


async def test_a_suite_that_hangs_leaves_no_process_behind(checkout: Path) -> None:
    """F3: neither it nor what it started."""
    marker = f"left-by-{checkout.parent.name}-{os.getpid()}"
    source = (
        "import subprocess, sys, time\ndef test_one():\n"
        f"    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', {marker!r}])\n"
        "    time.sleep(60)\n"
    )
    with pytest.raises(UnexpectedAnswer):
        await run(checkout, source, seconds=2)
    assert running_in(marker) == []


async def test_a_suite_that_ends_leaves_no_child_behind(checkout: Path) -> None:
    """F3."""
    marker = f"child-of-{checkout.parent.name}-{os.getpid()}"
    source = (
        "import subprocess, sys\ndef test_one():\n"
        f"    it = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', {marker!r}])\n"
        "    assert it.poll() is None\n"
    )
    assert (await run(checkout, source)).tests == 1
    deadline = time.monotonic() + 2
    while running_in(marker) and time.monotonic() < deadline:  # noqa: ASYNC110 - another process ends
        await asyncio.sleep(0.05)
    assert running_in(marker) == []


async def test_a_suite_without_any_test_is_no_result(checkout: Path) -> None:
    """Rule 4: zero failures of zero tests proves nothing."""
    with pytest.raises(UnexpectedAnswer, match="found no test to run"):
        await run(checkout, "x = 1\n")
    with pytest.raises(UnexpectedAnswer, match="found no test to run"):
        await run(checkout, GREEN, "-k", "regression_end_to_end")


async def test_a_suite_whose_file_is_missing_is_no_result(checkout: Path) -> None:
    """The runbook's path may not exist in this release."""
    suite = Suite(arguments=("tests/e2e/test_absent.py",), timeout_seconds=20)
    with pytest.raises(UnexpectedAnswer):
        await run_suite(Suites(), suite, checkout, {})


async def test_a_syntax_error_is_red(checkout: Path) -> None:
    """F3: pytest counts it as an error while collecting."""
    result = await run(checkout, "def test_one(:\n")
    assert not result.green
    assert result.failures == 1


async def test_a_suite_that_dies_without_a_word_is_no_result(checkout: Path) -> None:
    """Rule 4."""
    with pytest.raises(UnexpectedAnswer, match="ended without a result"):
        await run(checkout, "import os\ndef test_one():\n    os._exit(0)\n")


async def test_an_interpreter_that_is_not_there_is_told(checkout: Path) -> None:
    """`suites.python` is the target's, and may be wrong."""
    suites = Suites(python="/nonexistent/python")
    with pytest.raises(UnexpectedAnswer, match="could not start"):
        await run_suite(suites, Suite(arguments=("tests",)), checkout, {})


async def test_a_suite_that_eats_memory_is_stopped_by_its_limit(checkout: Path) -> None:
    """F3: *if safe*."""
    (checkout / "tests" / "test_it.py").write_text("def test_one():\n    assert bytearray(2_000_000_000)\n")
    suite = Suite(arguments=("tests/test_it.py",), timeout_seconds=20)
    result = await run_suite(Suites(memory_megabytes=1024), suite, checkout, {})
    assert (result.green, result.failures) == (False, 1)
    assert "MemoryError" in result.first_failures[0]


def test_a_missing_checkout_names_the_key_to_set(tmp_path: Path) -> None:
    """The message is the user interface of an error."""
    with pytest.raises(ConfigurationError, match=r"environments\.<name>\.checkout"):
        checkout_of(None, "2.7.0")
    with pytest.raises(ConfigurationError, match=r"environments\.<name>\.checkout") as refused:
        checkout_of(f"{tmp_path}/{{release}}", "2.7.0")
    assert f"{tmp_path}/2.7.0" in str(refused.value)


def test_a_checkout_is_found_by_its_release(checkout: Path) -> None:
    """F3."""
    assert checkout_of(f"{checkout.parent}/orchestrator-{{release}}", "2.7.0") == checkout


@pytest.mark.parametrize(
    "release", ["../../etc", "..", ".", "", "a/b", "/etc", "-rf", "a b", "a\0b", "a\n", "x" * 129, "{release}"]
)
def test_a_hostile_release_name_is_never_looked_for(tmp_path: Path, release: str) -> None:
    """Rule 8: what a deployer prints never reaches a path."""
    with pytest.raises(ConfigurationError, match="is no release name"):
        checkout_of(f"{tmp_path}/{{release}}", release)


async def test_the_suite_sees_the_deployed_variables_and_none_of_our_secrets(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F3: *if safe*."""
    monkeypatch.setenv("STEADYHAND_RECEIVER__TOKEN", "secret")
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "postgresql://secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://production")
    monkeypatch.setenv("PYTHONPATH", "/nonexistent")
    source = (
        "import os\nfrom pathlib import Path\ndef test_one():\n"
        "    assert os.environ['PLANNING__ENABLED'] == 'false'\n"
        "    assert 'secret' not in repr(dict(os.environ)), os.environ\n"
        "    assert 'DATABASE_URL' not in os.environ and 'PYTHONPATH' not in os.environ\n"
        f"    assert Path.home() != Path({str(Path.home())!r})\n"
        "    assert Path.home() in Path.cwd().parents\n"
    )
    result = await run(checkout, source, environment={"PLANNING__ENABLED": "false"})
    assert result.first_failures == ()


async def test_the_checkout_itself_is_not_written_to(checkout: Path) -> None:
    """F3: *if safe*; not even a cache or a compiled file."""
    (checkout / "data.txt").write_text("precious")
    source = (
        "from pathlib import Path\ndef test_one():\n"
        "    Path('data.txt').write_text('gone')\n    Path('new.txt').write_text('x')\n"
        "    Path(__file__).unlink()\n"
    )
    (checkout / "tests" / "test_it.py").write_text(source)
    before = tree(checkout)
    assert (await run(checkout, source)).green
    assert tree(checkout) == before


async def test_nothing_is_left_in_the_temporary_directory(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F3: a scratch copy is removed, hang or not."""
    scratch = checkout.parent / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    assert (await run(checkout, GREEN)).green
    with pytest.raises(UnexpectedAnswer):
        await run(checkout, "import time\ntime.sleep(60)\n", seconds=1)
    assert list(scratch.iterdir()) == []


async def test_a_checkout_with_a_broken_link_can_be_run(checkout: Path) -> None:
    """Checkouts hold what they hold."""
    (checkout / "broken").symlink_to("nowhere")
    assert (await run(checkout, GREEN)).green


async def test_a_checkout_with_a_pipe_in_it_is_told_in_our_words(checkout: Path) -> None:
    """Rule 4: a probe that could not look says unknown, whatever stands in the directory."""
    os.mkfifo(checkout / "pipe")
    with pytest.raises(UnexpectedAnswer):
        await run(checkout, GREEN)


def test_the_default_interpreter_is_ours() -> None:
    """A profile without `suites.python` works where the orchestrator's dependencies are ours."""
    assert Suites().python == sys.executable


@pytest.mark.parametrize(
    "cut_short", ["import pytest; pytest.exit('enough')", "import os, signal; os.kill(os.getpid(), signal.SIGINT)"]
)
async def test_a_run_that_was_cut_short_is_not_green(checkout: Path, cut_short: str) -> None:
    """E1, E2, M1: what ran passed, and what would have failed never ran."""
    source = GREEN + f"def test_two():\n    {cut_short}\ndef test_three():\n    assert 0\n"
    with pytest.raises(UnexpectedAnswer, match="it was cut short"):
        await run(checkout, source)


async def test_a_suite_that_cannot_be_imported_is_told_apart_from_one_that_fails(checkout: Path) -> None:
    """D3, rule 4: on a machine without the target's libraries nothing is proven against the planner."""
    result = await run(checkout, "import no_such_library\n" + GREEN)
    assert (result.green, result.uncollected) == (False, True)
    assert not (await run(checkout, "def test_one():\n    assert 0\n")).uncollected


async def test_a_link_out_of_the_checkout_is_not_followed_by_the_suite(checkout: Path, tmp_path: Path) -> None:
    """F3: releases are often laid out with a link to the data that all of them share."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "precious").write_text("kept")
    (checkout / "data").symlink_to(shared)
    (checkout / "inside").symlink_to(checkout / "tests")
    source = (
        "from pathlib import Path\n"
        "def test_one():\n"
        "    assert not Path('data').exists()\n"
        "    Path('data').mkdir()\n"
        "    Path('data/precious').write_text('overwritten')\n"
    )
    assert (await run(checkout, source)).green
    assert (shared / "precious").read_text() == "kept"


async def test_environment_files_of_the_checkout_are_left_out(checkout: Path) -> None:
    """F3: they hold the target's own addresses and passwords."""
    (checkout / ".env").write_text("DATABASE=postgres://production")
    source = "from pathlib import Path\ndef test_one():\n    assert not Path('.env').exists()\n"
    assert (await run(checkout, source)).green
