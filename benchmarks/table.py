"""A report as a table: on a terminal, as plain text, and in Markdown. Pure."""

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from benchmarks.result import Line, Report, Result

_HEADINGS = ("what", "measured", "beside", "target", "")
_PLAIN_WIDTH = 160
_GENERATED = "<!-- Generated: `make bench`. -->"


def verdict(line: Line) -> str:
    """Whether the target was met; nothing where there is none."""
    return "" if line.met is None else "met" if line.met else "MISSED"


def shown(report: Report) -> RenderableType:
    """For a console; where it is no terminal, plain text comes of it."""
    tables = (_table(result) for result in report.results)
    return Group(Text(report.surroundings.told), *tables, Text(f"\n{closing(report)}"))


def closing(report: Report) -> str:
    """The last words: which targets were missed."""
    if not report.missed:
        return "Every target was met."
    return "Missed: " + "; ".join(f"{line.what}: {line.measured}, wanted {line.target}" for line in report.missed)


def markdown(report: Report) -> str:
    """The page of the docs."""
    parts = [_GENERATED, "# Benchmarks", "", _PREFACE, "", f"Measured on {report.surroundings.told}."]
    for result in report.results:
        parts += ["", f"## {result.title}", "", result.measures, "", f"Left out: {result.leaves_out}", ""]
        parts += [_row(_HEADINGS), _row("---" for _ in _HEADINGS)]
        parts += [_row((line.what, line.measured, line.beside, line.target, verdict(line))) for line in result.lines]
    return "\n".join([*parts, "", f"{closing(report)}", ""])


_PREFACE = (
    "`make bench` measures all of it anew, on real parts, in about fifteen minutes on two cores; exit code 1 says that "
    "a target was missed. `python -m benchmarks --json` prints every figure. Sides that are compared take turns within "
    "one run. Given are medians, with the lowest and the highest."
)


def _table(result: Result) -> RenderableType:
    table = Table(title=f"\n{result.title}", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold", ratio=None if heading in {"target", ""} else 1)
    for line in result.lines:
        style = "bold red" if line.met is False else "green" if line.met else ""
        cells = (line.what, line.measured, line.beside, line.target)
        table.add_row(*map(escape, cells), Text(verdict(line), style=style))
    return table


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def print_to(stream: TextIO, report: Report) -> None:
    """The whole table on this stream: plain and wide where it is no terminal."""
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else _PLAIN_WIDTH)
    console.print(shown(report))
