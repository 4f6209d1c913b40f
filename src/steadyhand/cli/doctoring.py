"""`doctor`."""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from steadyhand.cli.edge import JsonOption, ProfileOption, err, out, print_json, run
from steadyhand.doctor.checkup import Checked, CheckState
from steadyhand.domain.incident import Environment
from steadyhand.profile import load_profile

if TYPE_CHECKING:
    from steadyhand.doctor.examination import Examination

_STYLES = {CheckState.OK: "green", CheckState.DRIFT: "bold red", CheckState.UNKNOWN: "yellow"}


def doctor(
    environment: Annotated[
        Environment | None, typer.Option(help="Only this one; otherwise each that the profile gives a url.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out running the test suites.")] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """Tell where the runbook and reality disagree, before any incident. Nothing is changed and nothing is sent.

    Each check is ok, drift, or unknown with the reason; drift names the nearest real thing and the profile's line for
    it. Exit code, other than elsewhere: 0 all ok, 1 drift, 2 no drift but something unknown. What keeps the doctor
    itself from its work exits as everywhere: 2 for a profile that cannot be read (and nothing is on stdout),
    130 interrupted.
    """
    # Half a second, which every other command would wait for, too.
    from steadyhand.doctor.examination import environments_of, examine

    async def work() -> "Examination":
        settings = load_profile(profile)
        names = environments_of(settings) if environment is None else (environment,)
        for name in names:
            settings.environment(name)
        with err.status("examining") as status:
            return await examine(settings, names, quick=quick, report=lambda doing: status.update(escape(doing)))

    examination = run(work)
    if as_json:
        print_json(examination.model_dump(mode="json"))
    else:
        _show(examination)
    raise typer.Exit(examination.exit_code)


def _show(examination: "Examination") -> None:
    for (area, environment), shown in groupby(examination.checks, key=lambda c: (c.area, c.environment)):
        title = f"{area}, {environment}" if environment else area.value
        table = Table(
            title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, show_header=False
        )
        for wraps in (False, False, True):
            table.add_column(overflow="fold", no_wrap=not wraps)
        for _, alike in groupby(shown, key=lambda c: (c.state, c.reason, c.nearest, c.remedy)):
            table.add_row(*_row(list(alike)))
        out.print(table, end="\n\n")
    _show_remedies(examination)
    counts = (f"{examination.count(state)} {state}" for state in CheckState)
    out.print(f"{len(examination.checks)} checks: {', '.join(counts)}")


def _row(alike: list[Checked]) -> tuple[str, ...]:
    """One row for neighbours that say the same of several things."""
    check = alike[0]
    style = _STYLES[check.state]
    told = [escape(check.reason)]
    if check.nearest:
        told.append(f"nearest: [bold]{escape(check.nearest)}[/bold]")
    if check.remedy:
        told.append(f"write: [cyan]{escape(check.remedy)}[/cyan]")
    names = "\n".join(f"{one.requirement} {escape(one.name)}" for one in alike)
    return f"[{style}]{check.state}[/{style}]", names, "\n".join(told)


def _show_remedies(examination: "Examination") -> None:
    """Once more and never folded, to be copied."""
    lines = dict.fromkeys(check.remedy for check in examination.checks if check.remedy)
    if lines:
        out.print("[bold]The profile's lines, to stand above its first table[/bold]")
        for line in lines:
            out.print(line, markup=False, soft_wrap=True)
        out.print()
