"""The orchestrator's own test suites (F3, D3, E1, E2), run where they can hurt nobody.

What *if safe* means stands in `domain/safety.py`; this carries it out.
"""

import asyncio
import contextlib
import os
import re
import resource
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from steadyhand.domain.record import Record
from steadyhand.errors import ConfigurationError, UnexpectedAnswer
from steadyhand.profile import Suite, Suites

_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,127}")
_OUTPUT_READ_BYTES = 64_000
_PASSED, _FAILED, _INTERRUPTED = 0, 1, 2  # pytest's exit codes; it is interrupted by errors of collection, too
_MEGABYTE = 1024 * 1024
_SHOWN = 160
_LEFT_OUT = (".git", ".venv", "__pycache__", ".pytest_cache", ".env", ".env.*")
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")


class SuiteResult(Record):
    """What the JUnit file says: counts, the first failures by name and message, and how long it took, in seconds.

    `uncollected`: nothing failed but files that could not even be imported, which says little of what they test.
    """

    tests: int
    failures: int
    skipped: int
    uncollected: bool = False
    first_failures: tuple[str, ...]
    seconds: float

    @property
    def green(self) -> bool:
        """Something ran and nothing failed."""
        return self.failures == 0 and self.tests > self.skipped


def checkout_of(template: str | None, release: str) -> Path:
    """The directory that holds this release's code. Raises ConfigurationError when it is not there."""
    if template is None:
        raise ConfigurationError("the profile names no checkout for this environment; set environments.<name>.checkout")
    if not _RELEASE.fullmatch(release):
        raise ConfigurationError(f"{release[:60]!r} is no release name; its checkout is not looked for")
    path = Path(template.replace("{release}", release))
    try:
        there = path.is_dir()
    except OSError as error:
        raise ConfigurationError(f"cannot look at the checkout {path}: {error.strerror}") from error
    if not there:
        raise ConfigurationError(f"there is no checkout at {path}; set environments.<name>.checkout")
    return path


async def run_suite(suites: Suites, suite: Suite, checkout: Path, environment: Mapping[str, str]) -> SuiteResult:
    """The suite's result.

    Raises UnexpectedAnswer when it hangs past its limit, cannot start, or ends without a result of any test.
    """
    with tempfile.TemporaryDirectory(prefix="steadyhand-suite-") as scratch:
        copy, junit, output = Path(scratch) / "checkout", Path(scratch) / "junit.xml", Path(scratch) / "output"
        try:
            await asyncio.to_thread(shutil.copytree, checkout, copy, ignore=_left_out(checkout), symlinks=True)
        except OSError as error:
            raise UnexpectedAnswer(f"cannot copy the checkout {checkout}: {error}"[:_SHOWN]) from error
        command = [suites.python, "-m", "pytest", *suite.arguments, f"--junitxml={junit}", "-p", "no:cacheprovider"]
        variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        variables |= {"HOME": scratch, "TMPDIR": scratch, "PYTHONDONTWRITEBYTECODE": "1"}
        variables |= {**suites.environment, **environment}
        told = f"`python {' '.join(command[1:-3])}` in a copy of {checkout}"
        with output.open("wb") as out:
            code = await _run(command, copy, variables, out.fileno(), suite.timeout_seconds, suites, told)
        return _read(junit, output, told, code)


def _left_out(checkout: Path) -> Callable[[str, list[str]], set[str]]:
    """What is not copied: caches, `.env` files, and links that lead out of the checkout, to shared data perhaps."""
    named, root = shutil.ignore_patterns(*_LEFT_OUT), checkout.resolve()

    def ignored(directory: str, names: list[str]) -> set[str]:
        links = (name for name in names if (Path(directory) / name).is_symlink())
        leading_out = {n for n in links if not (Path(directory) / n).resolve().is_relative_to(root)}
        return named(directory, names) | leading_out

    return ignored


async def _run(
    command: list[str],
    directory: Path,
    variables: Mapping[str, str],
    output: int,
    seconds: float,
    limits: Suites,
    told: str,
) -> int:
    """The exit code. Whatever the suite started is gone."""

    def limit() -> None:
        memory, output = limits.memory_megabytes * _MEGABYTE, limits.output_megabytes * _MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))

    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=directory,
            env=variables,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=limit,
        )
    except OSError as error:
        raise UnexpectedAnswer(f"{told} could not start: {error}") from error
    try:
        return await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError as error:
        raise UnexpectedAnswer(f"{told} was still running after {seconds:g} s and was killed") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _read(junit: Path, output: Path, told: str, code: int) -> SuiteResult:
    """The result; a file that does not go with the exit code is that of a run that was cut short."""
    try:
        root = ET.parse(junit).getroot()  # noqa: S314 - written by the pytest we started; expat bounds entities
    except (OSError, ET.ParseError) as error:
        with output.open("rb") as stream:
            stream.seek(max(0, output.stat().st_size - _OUTPUT_READ_BYTES))
            said = " ".join(stream.read().decode(errors="replace").split())[-_SHOWN:]
        raise UnexpectedAnswer(f"{told} ended without a result; it said: {said}") from error
    cases = list(root.iter("testcase"))
    failed = [(case, f) for case in cases for f in (*case.findall("failure"), *case.findall("error"))]
    if not cases:
        raise UnexpectedAnswer(f"{told} found no test to run")
    if code != (_FAILED if failed else _PASSED) and not (_uncollected(failed) and code == _INTERRUPTED):
        raise UnexpectedAnswer(f"{told} ended with exit code {code} after {len(cases)} tests: it was cut short")
    return SuiteResult(
        tests=len(cases),
        failures=len({id(case) for case, _ in failed}),
        uncollected=_uncollected(failed),
        skipped=sum(case.find("skipped") is not None for case in cases),
        first_failures=tuple(
            f"{c.get('name')}: {' '.join((f.get('message') or '').split())[:_SHOWN]}" for c, f in failed[:3]
        ),
        seconds=sum(float(case.get("time") or 0) for case in cases),
    )


def _uncollected(failed: list[tuple[ET.Element, ET.Element]]) -> bool:
    return bool(failed) and all(failure.get("message") == "collection failure" for _, failure in failed)
