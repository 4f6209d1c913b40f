"""The outermost edge: event loop, signals, and errors turned into messages and exit codes."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
import typer
from rich.console import Console

from steadyhand.errors import ApprovalRefused, ChangeRefused, EnvironmentBusy, SteadyhandError, TransientError
from steadyhand.profile import PROFILE_VARIABLE

NO, MISCONFIGURED, UNANSWERED, REFUSED, INTERRUPTED = 1, 2, 3, 4, 130
T = TypeVar("T")

ProfileOption = Annotated[
    Path | None,
    typer.Option("--profile", help="The target profile (TOML).", envvar=PROFILE_VARIABLE, dir_okay=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """The result of the work. SIGINT and SIGTERM cancel it, so that everything it opened is closed."""
    try:
        with told():
            return asyncio.run(_cancellable(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        err.print("stopped")
        raise typer.Exit(INTERRUPTED) from None


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Our own errors become one message and an exit code; anything else is a bug and shows its traceback."""
    try:
        yield
    except SteadyhandError as error:
        err.print(f"[bold red]error:[/bold red] {_plain(error)}")
        raise typer.Exit(_code(error)) from None


def _plain(error: SteadyhandError) -> str:
    words = f"\n{error.last_words}" if isinstance(error, ChangeRefused) and error.last_words else ""
    return f"{error}{words}".replace("[", "\\[")


def _code(error: SteadyhandError) -> int:
    if isinstance(error, TransientError):
        return UNANSWERED
    if isinstance(error, ApprovalRefused | ChangeRefused | EnvironmentBusy):
        return REFUSED
    return MISCONFIGURED


async def _cancellable(work: Callable[[], Awaitable[T]]) -> T:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, task.cancel)
    return await work()


def log_to_stderr() -> None:
    """Services log one JSON object a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def print_json(value: Any) -> None:
    """JSON on stdout, for scripts."""
    out.print_json(data=value)
