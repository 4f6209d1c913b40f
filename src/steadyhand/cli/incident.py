"""`incident list|show|alerts|start`."""

from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from steadyhand.cli.edge import JsonOption, ProfileOption, out, print_json, run
from steadyhand.domain.alert import Alert
from steadyhand.domain.incident import Environment, Focus, IncidentRequest, Severity
from steadyhand.profile import load_profile
from steadyhand.store import alerts, approvals, incidents, ledger, timeline
from steadyhand.store.alerts import Happening
from steadyhand.store.database import open_database
from steadyhand.watching import incident_table, line

app = typer.Typer(help="Incidents: list, show, start one by hand.", no_args_is_help=True)


@app.command("list")
def list_incidents(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """Open incidents, newest first."""

    async def work() -> None:
        async with open_database(load_profile(profile)) as database, database.transaction() as connection:
            found = await incidents.listed(connection, open_only=not everything)
        if as_json:
            print_json([one.model_dump(mode="json") for one in found])
        elif found:
            out.print(incident_table(found))
        else:
            out.print("no open incident" if not everything else "no incident yet")

    run(work)


@app.command("show")
def show(
    incident: Annotated[str, typer.Argument(help="The incident's id, or how it begins.")],
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """One incident: its timeline, its alerts, its changes, and the open question if there is one."""

    async def work() -> None:
        settings = load_profile(profile)
        async with open_database(settings) as database, database.transaction() as connection:
            found = await incidents.find(connection, incident)
            entries = [entry for _, entry in await timeline.read(connection, found.id)]
            told = await alerts.of_incident(connection, found.id)
            changes = await ledger.of_incident(connection, found.id)
            questions = await approvals.of_incident(connection, found.id)
        if as_json:
            parts = {"timeline": entries, "alerts": told, "changes": changes, "approvals": questions}
            listed = {name: [one.model_dump(mode="json") for one in part] for name, part in parts.items()}
            print_json({"incident": found.model_dump(mode="json"), **listed})
            return
        out.print(incident_table((found,)))
        out.print(f"\nPrefect run: {settings.prefect.run_address(found.flow_run_id)}\n")
        for entry in entries:
            out.print(line(entry))
        for alert in told:
            out.print(f"alert {escape(alert.name)} {alert.status} since {alert.starts_at:%H:%M:%S}", style="dim")
        for question in questions:
            if question.status == "pending":
                out.print(Markdown(question.question))
                out.print(f"\nanswer with: steadyhand approve {found.short_id} --as NAME (or reject)")

    run(work)


@app.command("alerts")
def show_alerts(
    incident: Annotated[str, typer.Argument(help="The incident's id, or how it begins.")],
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """An incident's alerts as they are now, and all that happened to them, in the order it became known."""

    async def work() -> tuple[tuple[Alert, ...], tuple[Happening, ...]]:
        async with open_database(load_profile(profile)) as database, database.transaction() as connection:
            found = await incidents.find(connection, incident)
            return await alerts.of_incident(connection, found.id), await alerts.history(connection, found.id)

    now, history = run(work)
    if as_json:
        parts = {"alerts": now, "history": history}
        print_json({name: [one.model_dump(mode="json") for one in part] for name, part in parts.items()})
        return
    states = Table("alert", "state", "since (UTC)", "labels")
    for alert in now:
        labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
        states.add_row(escape(alert.name), alert.status, f"{alert.starts_at:%m-%d %H:%M:%S}", escape(labels))
    out.print(states)
    lines = Table("known at (UTC)", "alert", "what happened", "told by")
    for one in history:
        lines.add_row(f"{one.at:%m-%d %H:%M:%S}", escape(one.name), one.transition, escape(one.sender))
    out.print(lines)


@app.command("start")
def start(
    environment: Annotated[Environment, typer.Argument(help="Where the orchestrator is in trouble.")],
    description: Annotated[str, typer.Argument(help="What is wrong, in a sentence.")],
    requested_by: Annotated[str, typer.Option("--as", help="Your name, for the timeline.")],
    severity: Annotated[Severity, typer.Option(help="How much it hurts.")] = Severity.HIGH,
    focus: Annotated[Focus, typer.Option(help="What to look at.")] = Focus.EVERYTHING,
    service: Annotated[str, typer.Option(help="Which service.")] = "orchestrator",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Everything but the change itself.")] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """Start a response by hand; the same as the form of `incident` in the Prefect UI (T2)."""
    from steadyhand.launcher import Launcher

    async def work() -> None:
        settings = load_profile(profile)
        request = IncidentRequest(
            environment=environment,
            severity=severity,
            description=description,
            service=service,
            focus=focus,
            dry_run=dry_run,
            requested_by=requested_by,
        )
        async with Launcher(settings.prefect) as launcher:
            run_id = await launcher.start_by_hand(request)
        address = settings.prefect.run_address(run_id)
        if as_json:
            print_json({"flow_run_id": str(run_id), "address": address})
        else:
            out.print(f"started: {address}")

    run(work)
