"""`probe NAME`."""

from typing import Annotated
from uuid import uuid4

import typer
from rich.markup import escape
from rich.table import Table

from steadyhand.cli.edge import NO, UNANSWERED, JsonOption, ProfileOption, out, print_json, run
from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.domain.incident import Environment, Incident, IncidentStatus, Severity, Source
from steadyhand.domain.record import utc_now
from steadyhand.errors import NotFound
from steadyhand.probes import REGISTRY
from steadyhand.probes.probe import Case, ask
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
        settings = load_profile(profile)
        incident = _no_incident(environment, service)
        case = Case(profile=settings.within(environment), incident=incident, alerts=(), now=utc_now())
        return await ask(REGISTRY[name], case, last_try=True)

    finding = run(work)
    if as_json:
        print_json(finding.model_dump(mode="json"))
    else:
        style = _STYLES[finding.verdict]
        out.print(f"[{style}]{finding.verdict}[/{style}] {escape(finding.summary)} ({finding.seconds:.1f} s)")
    raise typer.Exit(_CODES[finding.verdict])


def _no_incident(environment: Environment, service: str) -> Incident:
    """What a probe needs to know where to look, when nothing is wrong yet."""
    now = utc_now()
    return Incident(
        id=uuid4(),
        environment=environment,
        service=service,
        severity=Severity.INFO,
        team="",
        channel="",
        description="asked by hand",
        source=Source.PERSON,
        commander="",
        status=IncidentStatus.OPEN,
        generation=1,
        started_at=now,
        opened_at=now,
    )
