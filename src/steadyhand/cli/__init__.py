"""The command `steadyhand`.

Exit codes, the same for every command: 0 done; 1 the answer is no (a probe found trouble, a rehearsal did not close);
2 usage or configuration, the message says what to change; 3 something did not answer, or the finding is unknown;
4 refused (an approval, a change); 130 interrupted.
"""

import typer

from steadyhand.cli import deciding, doctoring, inbox, incident, probing, profiling, rehearsing, services
from steadyhand.cli.token import token

_EPILOG = (
    "Exit codes: 0 done, 1 the answer is no, 2 usage or configuration, 3 something did not answer or is unknown, "
    "4 refused, 130 interrupted."
)

app = typer.Typer(
    name="steadyhand",
    help="Incident remediation for the runbook *Orchestrator Incident Response*: evidence, plan, approval, proof.",
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command("demo")(rehearsing.demo)
app.command("rehearse")(rehearsing.rehearse)
app.command("up")(services.up)
app.add_typer(incident.app, name="incident")
app.add_typer(inbox.app, name="inbox")
app.command("approve")(deciding.approve)
app.command("reject")(deciding.reject)
app.command("probe")(probing.probe)
app.command("init")(profiling.init)
app.add_typer(profiling.app, name="profile")
app.command("doctor")(doctoring.doctor)
app.command("receiver")(services.receiver)
app.command("token")(token)
app.command("dispatcher")(services.dispatcher)


def main() -> None:
    """Entry point of the console script."""
    app()
