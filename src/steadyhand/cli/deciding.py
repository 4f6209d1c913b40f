"""`approve` and `reject`."""

from typing import Annotated
from uuid import uuid4

import typer
from rich.markdown import Markdown

from steadyhand.approving import decide
from steadyhand.cli.edge import ProfileOption, out, run
from steadyhand.domain.approval import Approval, Decision, Vote
from steadyhand.domain.record import utc_now
from steadyhand.errors import NotFound
from steadyhand.profile import load_profile
from steadyhand.store import approvals, incidents
from steadyhand.store.database import Database, open_database

IncidentArgument = Annotated[str, typer.Argument(help="The incident's id, or how it begins.")]
WhoOption = Annotated[str, typer.Option("--as", help="Your name, as under approvals.people in the profile.")]
CodeOption = Annotated[str | None, typer.Option("--code", help="Your one-time code; asked for when left out.")]
CommentOption = Annotated[str, typer.Option("--comment", help="Kept with the decision.")]


def approve(
    incident: IncidentArgument,
    approver: WhoOption,
    code: CodeOption = None,
    comment: CommentOption = "",
    profile: ProfileOption = None,
) -> None:
    """Say yes to the open question of an incident: its plan, or its closure. The waiting run goes on by itself."""
    _decide(Decision.APPROVE, incident, approver, code, comment, profile)


def reject(
    incident: IncidentArgument,
    approver: WhoOption,
    code: CodeOption = None,
    comment: CommentOption = "",
    profile: ProfileOption = None,
) -> None:
    """Say no to the open question of an incident. Nothing is changed, and the timeline says who said no."""
    _decide(Decision.REJECT, incident, approver, code, comment, profile)


def _decide(
    decision: Decision, incident: str, approver: str, code: str | None, comment: str, profile: ProfileOption
) -> None:
    async def work() -> None:
        settings = load_profile(profile)
        async with open_database(settings) as database:
            question = await _open_question(database, incident)
            if code is None:
                out.print(Markdown(question.question))
            given = code or typer.prompt("one-time code")
            vote = Vote(decision=decision, approver=approver, code=given, comment=comment)
            settled = await decide(
                database, settings, question.id, vote, via="command line", now=utc_now(), once=f"cli:{uuid4()}"
            )
        out.print(f"{settled.gate} {settled.status} by {settled.decided_by}")

    run(work)


async def _open_question(database: Database, incident: str) -> Approval:
    async with database.transaction() as connection:
        found = await incidents.find(connection, incident)
        questions = await approvals.pending(connection, found.id)
    if not questions:
        raise NotFound(f"incident {found.title} waits for no decision; it is: {found.status}")
    return questions[0]
