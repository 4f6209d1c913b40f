"""`python -m benchmarks`: measures, prints the table, and ends with exit code 1 when a target is missed."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.measuring import CORES, Benchmark, measured, on_so_many_cores
from benchmarks.scale import Size
from benchmarks.table import markdown, print_to
from steadyhand.cli.edge import MISCONFIGURED, NO, run

_err = Console(stderr=True, highlight=False)
_DIRECTORY = Path(".steadyhand/benchmarks")


def main(
    *,
    only: Annotated[str, typer.Option(help=f"Some of: {', '.join(Benchmark)}; with commas.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds, about three minutes; rough figures.")] = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="Once through all of it; the figures mean nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
    write: Annotated[Path | None, typer.Option(help="Write the table as Markdown to this file, too.")] = None,
    directory: Annotated[Path, typer.Option(help="Where its files go; emptied first.")] = _DIRECTORY,
) -> None:
    """Measure speed and cost on real parts; on two cores, about fifteen minutes.

    Progress goes to standard error. Exit code 1: a target was missed, the table says which.
    """
    wanted = _wanted(only)
    size = Size.SMOKE if smoke else Size.QUICK if quick else Size.FULL
    on_so_many_cores(CORES)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    report = run(lambda: measured(wanted, size, directory.resolve(), _tell))
    if as_json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        print_to(sys.stdout, report)
    if write is not None:
        write.write_text(markdown(report))
    raise typer.Exit(NO if report.missed else 0)


def _tell(progress: str) -> None:
    _err.print(f"- {progress}", markup=False, soft_wrap=True)


def _wanted(only: str) -> tuple[Benchmark, ...]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    try:
        asked = {Benchmark(name) for name in names} or set(Benchmark)
    except ValueError as error:
        _err.print(f"{error}; there are: {', '.join(Benchmark)}", markup=False)
        raise typer.Exit(MISCONFIGURED) from None
    return tuple(one for one in Benchmark if one in asked)


if __name__ == "__main__":
    typer.run(main)
