"""`probe NAME`."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from steadyhand.cli.edge import NO, UNANSWERED, JsonOption, ProfileOption, out, print_json, run
from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.domain.incident import Environment
from steadyhand.errors import NotFound
from steadyhand.probes import REGISTRY
from steadyhand.probes.calm import calm
from steadyhand.probes.probe import ask
from steadyhand.profile import load_profile

_CODES = {Verdict.OK: 0, Verdict.BAD: NO, Verdict.UNKNOWN: UNANSWERED}
_STYLES = {Verdict.OK: "green", Verdict.BAD: "red", Verdict.UNKNOWN: "yellow"}


def probe(
    name: Annotated[str | None, typer.Argument(help="Which probe; without it, they are listed.")] = None,
    environment: Annotated[Environment, typer.Option(help="Where to look.")] = Environment.PRODUCTION,
    service: Annotated[str, typer.Option(help="Which service.")] = "orchestrator",
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """Ask one read-only question now, outside any incident. Exit code 0 ok, 1 bad, 3 unknown."""
    if name is None:
        table = Table(box=None)
        for heading in ("probe", "line", "what should be true"):
            table.add_column(heading)
        for one in REGISTRY.values():
            table.add_row(one.name, one.requirement, one.question.strip().splitlines()[0])
        out.print(table)
        return

    async def work() -> Finding:
        if name not in REGISTRY:
            raise NotFound(f"there is no probe {name!r}; there are: {', '.join(REGISTRY)}")
        return await ask(REGISTRY[name], calm(load_profile(profile), environment, service), last_try=True)

    finding = run(work)
    if as_json:
        print_json(finding.model_dump(mode="json"))
    else:
        style = _STYLES[finding.verdict]
        out.print(f"[{style}]{finding.verdict}[/{style}] {escape(finding.summary)} ({finding.seconds:.1f} s)")
    raise typer.Exit(_CODES[finding.verdict])
