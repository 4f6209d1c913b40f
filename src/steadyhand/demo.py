"""A rehearsal from fault to closure on the terminal: `steadyhand demo` and `steadyhand rehearse FAULT`."""

import asyncio
import fcntl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from steadyhand.domain.approval import Approval, ApprovalStatus, Decision, Gate
from steadyhand.domain.exit_criteria import ExitState
from steadyhand.domain.incident import Incident, IncidentStatus
from steadyhand.domain.outcome import LedgerState
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import ConfigurationError, TransientError
from steadyhand.rehearsal import faults
from steadyhand.stack.stage import Stage, stage
from steadyhand.store import approvals, exit_checks, incidents, ledger
from steadyhand.store.database import Database, open_database
from steadyhand.watching import Follower

_ALERT_SECONDS = 90
_WATCH_SECONDS = 900


@dataclass
class Rehearsal:
    """One rehearsal's view: what was injected, when, and what was seen since."""

    console: Console
    stage: Stage
    database: Database
    yes: bool
    injected: tuple[str, ...]
    began: float
    seen: list[tuple[float, TimelineEntry]] = field(default_factory=list)


async def rehearse(names: tuple[str, ...], root: Path, *, yes: bool, console: Console) -> bool:
    """The fault is injected, its real alert works the runbook, and a person (or `yes`) decides. True when it closed.

    Leaves no process behind; the files under `root` stay to be read. Raises ConfigurationError when a part is missing,
    TransientError when no alert comes.
    """
    unknown = [name for name in names if name not in faults.FAULTS]
    if unknown:
        raise ConfigurationError(f"there is no fault {unknown[0]!r}; there are: {', '.join(faults.FAULTS)}")
    root.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with _alone(root):
        async with stage(root, report=lambda text: console.print(f"[dim]- {escape(text)}[/dim]")) as running:
            console.print(f"[dim]- all parts run after {time.monotonic() - began:.0f} s[/dim]\n")
            async with open_database(running.profile) as database:
                show = Rehearsal(console, running, database, yes, names, time.monotonic())
                return await _work(show)


async def _work(show: Rehearsal) -> bool:
    for name in show.injected:
        show.console.print(f"[bold red]fault injected:[/bold red] {name}: {faults.FAULTS[name]}")
        faults.inject(show.stage.site, name)
    show.console.print("[dim]waiting for Prometheus and Alertmanager to notice ...[/dim]")
    incident_id = await _incident(show)
    follower = Follower(show.console, show.database, incident_id)
    deadline = time.monotonic() + _WATCH_SECONDS
    over = False
    while not over and time.monotonic() < deadline:
        try:
            for entry in await follower.catch_up():
                show.seen.append((time.monotonic(), entry))
            over = await _turn(show, await follower.incident())
        except TransientError as error:
            # The parts are restarted when they die; the one who watches waits for them like everybody else.
            show.console.print(f"[dim]- {escape(str(error))}; looking again[/dim]")
            await asyncio.sleep(1)
        await follower.pause()
    await follower.catch_up()
    return await _conclude(show, incident_id)


async def _incident(show: Rehearsal) -> UUID:
    deadline = time.monotonic() + _ALERT_SECONDS
    while time.monotonic() < deadline:
        async with show.database.transaction() as connection:
            found = await incidents.listed(connection)
        if found:
            return found[0].id
        await asyncio.sleep(0.2)
    raise TransientError(f"no alert came within {_ALERT_SECONDS} s; see {show.stage.root}/prometheus/prometheus.log")


async def _turn(show: Rehearsal, incident: Incident) -> bool:
    """Deal with an open question, if there is one. True when the rehearsal is over."""
    if incident.status is IncidentStatus.CLOSED:
        return True
    async with show.database.transaction() as connection:
        open_questions = await approvals.pending(connection, incident.id)
        check = await exit_checks.latest(connection, incident.id)
    if not open_questions:
        return False
    question = open_questions[0]
    met = check is not None and check[1].state is ExitState.MET
    if question.gate is Gate.CLOSURE and not met:
        return True
    _present(show, incident, question)
    await _answered(show, question)
    return False


def _present(show: Rehearsal, incident: Incident, question: Approval) -> None:
    profile = show.stage.profile
    show.console.print(
        Panel(Markdown(question.question), title=f"approval gate: {question.gate}", border_style="magenta")
    )
    show.console.print(
        f"[bold]In the Prefect UI:[/bold] {profile.prefect.run_address(incident.flow_run_id)}  (Resume; "
        f"name [bold]{show.stage.person}[/bold], code [bold]{show.stage.totp.now()}[/bold])"
    )


async def _answered(show: Rehearsal, question: Approval) -> None:
    """Returns when the question is decided: by --yes, at this terminal, or in the Prefect UI."""
    if show.yes:
        await show.stage.decide(show.database, question, Decision.APPROVE)
        return
    lines = _Terminal() if sys.stdin.isatty() else None
    if lines:
        show.console.print("[bold]Approve here? \\[y/n][/bold] ", end="")
    try:
        while await _is_pending(show, question):
            said = lines.take() if lines else None
            if said in ("y", "yes", "n", "no"):
                decision = Decision.APPROVE if said.startswith("y") else Decision.REJECT
                await show.stage.decide(show.database, question, decision)
            elif said is not None:
                show.console.print("[bold]please answer y or n:[/bold] ", end="")
            await asyncio.sleep(0.2)
    finally:
        if lines:
            lines.close()
            show.console.print()


async def _is_pending(show: Rehearsal, question: Approval) -> bool:
    async with show.database.transaction() as connection:
        return (await approvals.get(connection, question.id)).status is ApprovalStatus.PENDING


async def _conclude(show: Rehearsal, incident_id: UUID) -> bool:
    async with show.database.transaction() as connection:
        incident = await incidents.get(connection, incident_id)
        rows = await ledger.of_incident(connection, incident_id)
        asked = await approvals.of_incident(connection, incident_id)
        check = await exit_checks.latest(connection, incident_id)
    table = Table(title=f"Incident {incident.title}: {incident.status}", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    table.add_row("fault", ", ".join(show.injected))
    for row in rows:
        style = "green" if row.state is LedgerState.KEPT else "red"
        table.add_row("change", f"[{style}]{row.step.mitigation}: {row.state}[/{style}]. {escape(row.summary)}")
    for one in asked:
        table.add_row(f"{one.gate}", f"{one.status} by {escape(one.decided_by or 'nobody yet')} via {one.via or '-'}")
    table.add_row("exit criteria", check[1].state if check else "not evaluated")
    for label, moment in _moments(show):
        table.add_row(label, f"{moment:.0f} s after the fault")
    for entry in (e for _, e in show.seen if e.kind is Kind.DOCUMENT):
        table.add_row("file", escape(entry.summary.removeprefix("C2 summary at ")))
    table.add_row("everything else", f"{show.stage.root} (profile, logs, chat.jsonl)")
    show.console.print()
    show.console.print(table)
    return incident.status is IncidentStatus.CLOSED


def _moments(show: Rehearsal) -> Iterator[tuple[str, float]]:
    for label, kind in (
        ("alert here", Kind.ALERT),
        ("first finding", Kind.FINDING),
        ("plan", Kind.PLAN),
        ("effect proven", Kind.VERIFICATION),
        ("closed", Kind.CLOSED),
    ):
        at = next((moment for moment, entry in show.seen if entry.kind is kind), None)
        if at is not None:
            yield label, at - show.began


class _Terminal:
    """Lines typed at the terminal, taken without waiting for them: the answer may come from the Prefect UI instead."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        asyncio.get_running_loop().add_reader(sys.stdin, self._read)

    def _read(self) -> None:
        text = sys.stdin.readline()
        if text:
            self._lines.append(text.strip().lower())
        else:
            self.close()

    def take(self) -> str | None:
        """The oldest line that was not taken yet, or None."""
        return self._lines.pop(0) if self._lines else None

    def close(self) -> None:
        """The terminal is nobody's again."""
        asyncio.get_running_loop().remove_reader(sys.stdin)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Only one rehearsal uses the directory. Raises ConfigurationError when another does."""
    with Path(f"{root}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"another rehearsal uses {root}; stop it, or name another with --directory"
            ) from error
        yield
