"""`demo` and `rehearse`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from steadyhand.cli.edge import NO, out, run

YesOption = Annotated[bool, typer.Option("--yes", help="Answer the approval gates by itself.")]
DirectoryOption = Annotated[Path, typer.Option("--directory", help="Where the rehearsal's files go; emptied first.")]
_DIRECTORY = Path(".steadyhand/rehearsal")
_DEMO = ("planner-contract",)


def demo(yes: YesOption = False, directory: DirectoryOption = _DIRECTORY) -> None:
    """Work a real incident end to end on this machine: a planner that breaks its contract.

    Starts everything on free loopback ports, injects the fault, waits for the real alert, shows the incident live and
    asks you at the gates. Leaves no process behind.
    """
    _rehearse(_DEMO, directory, yes=yes)


def rehearse(
    faults: Annotated[list[str] | None, typer.Argument(metavar="FAULT...", help="One or more faults.")] = None,
    yes: YesOption = False,
    directory: DirectoryOption = _DIRECTORY,
    list_faults: Annotated[bool, typer.Option("--list", help="Show the faults and stop.")] = False,
) -> None:
    """The demo with the faults of your choice: a game day. `--list` shows them."""
    if list_faults or not faults:
        from steadyhand.rehearsal.faults import FAULTS

        table = Table(box=None, show_header=False)
        for name, what in FAULTS.items():
            table.add_row(f"[bold]{name}[/bold]", what)
        out.print(table)
        raise typer.Exit(0 if list_faults else 2)
    _rehearse(tuple(faults), directory, yes=yes)


def _rehearse(names: tuple[str, ...], directory: Path, *, yes: bool) -> None:
    from steadyhand.demo import rehearse as work_incident

    closed = run(lambda: work_incident(names, directory.resolve(), yes=yes, console=out))
    raise typer.Exit(0 if closed else NO)
