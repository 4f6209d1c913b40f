"""`inbox status|quarantine|show|replay|discard`: what was accepted, and what of it could not be processed."""

import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from steadyhand.cli.edge import NO, JsonOption, ProfileOption, out, print_json, run
from steadyhand.domain.record import utc_now
from steadyhand.intake.again import replay as replayed
from steadyhand.profile import load_profile
from steadyhand.store import quarantine as store
from steadyhand.store.counts import Counts, count
from steadyhand.store.database import open_database
from steadyhand.store.quarantine import Quarantined

app = typer.Typer(help="The inbox: what was accepted, and what of it could not be processed.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The row's number, as `inbox quarantine` lists it.")]


@app.command("status")
def status(as_json: JsonOption = False, profile: ProfileOption = None) -> None:
    """How much was accepted and where it went: accepted = processed + pending + quarantined. Exit code 1 when not."""

    async def work() -> Counts:
        async with open_database(load_profile(profile)) as database, database.transaction() as connection:
            return await count(connection)

    counts = run(work)
    if as_json:
        print_json(counts.model_dump() | {"unaccounted": counts.unaccounted})
    else:
        table = Table(show_header=False, box=None)
        for name, field in Counts.model_fields.items():
            table.add_row(f"{getattr(counts, name):,}", field.description)
        table.add_row(
            f"{counts.unaccounted:,}", "Alerts unaccounted for.", style="bold red" if counts.unaccounted else ""
        )
        out.print(table)
    if counts.unaccounted:
        raise typer.Exit(NO)


@app.command("quarantine")
def quarantine(
    everything: Annotated[bool, typer.Option("--all", help="Those that are settled, too.")] = False,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 50,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """What could not be processed, newest first, each with its reason."""

    async def work() -> tuple[Quarantined, ...]:
        async with open_database(load_profile(profile)) as database, database.transaction() as connection:
            return await store.listed(connection, open_only=not everything, limit=limit)

    found = run(work)
    if as_json:
        print_json([row.model_dump(mode="json") for row in found])
    elif not found:
        out.print("nothing in quarantine" if everything else "nothing in quarantine waits for anybody")
    else:
        table = Table("number", "received (UTC)", "from", "what", "reason", "settled")
        for row in found:
            where = "whole" if row.position is None else f"alert {row.position}"
            texts = (row.sender, f"{row.fingerprint} ({where})", row.reason, row.settled_as or "")
            table.add_row(str(row.id), f"{row.received_at:%Y-%m-%d %H:%M:%S}", *map(escape, texts))
        out.print(table)


@app.command("show")
def show(
    number: Number,
    raw: Annotated[bool, typer.Option("--raw", help="The notification's body and nothing else, to the byte.")] = False,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """One row of the quarantine, with the body of its notification as it came."""

    async def work() -> tuple[Quarantined, bytes]:
        async with open_database(load_profile(profile)) as database, database.transaction() as connection:
            return await store.get(connection, number)

    row, body = run(work)
    text = body.decode(errors="replace")
    if raw:
        sys.stdout.buffer.write(body)
    elif as_json:
        print_json(row.model_dump(mode="json") | {"body": text})
    else:
        for name, value in row.model_dump(mode="json").items():
            out.print(f"{name}: {escape(str(value))}", style="" if name == "reason" else "dim")
        out.print(text, markup=False)


@app.command("replay")
def replay(
    numbers: Annotated[list[int], typer.Argument(help="Rows, as `inbox quarantine` lists them.")],
    profile: ProfileOption = None,
) -> None:
    """Judge them again by the profile as it is now. What has a place now goes its way: it may open an incident.

    Exit code 1 when one of them still has none.
    """

    async def work() -> tuple[Quarantined, ...]:
        settings = load_profile(profile)
        async with open_database(settings) as database:
            return tuple([await replayed(database, settings, number) for number in numbers])

    rows = run(work)
    for row in rows:
        out.print(f"{row.id}: {escape(row.settled_as or f'still in quarantine: {row.reason}')}")
    if any(row.settled_at is None for row in rows):
        raise typer.Exit(NO)


@app.command("discard")
def discard(
    number: Number,
    who: Annotated[str, typer.Option("--as", help="Your name, which is kept with it.")],
    reason: Annotated[str, typer.Option(help="Why it needs no incident.")],
    profile: ProfileOption = None,
) -> None:
    """It waits for nobody any more. The body is kept, and it can still be replayed."""

    async def work() -> None:
        async with open_database(load_profile(profile)) as database, database.transaction() as connection:
            row, _ = await store.get(connection, number, lock=True)
            if row.settled_as != store.PROCESSED:
                await store.settle(connection, number, at=utc_now(), as_what=f"discarded by {who}: {reason}")

    run(work)
    out.print(f"{number}: discarded by {escape(who)}")
