"""`token`: makes the secret that opens a door of the receiver."""

import json
import secrets
from pathlib import Path
from typing import Annotated

import typer

from steadyhand.cli.edge import err, out, told
from steadyhand.errors import ConfigurationError
from steadyhand.profile.token import HASHED, digest
from steadyhand.receiver.keys import SETTINGS, Role

_BYTES = 32
_EXAMPLES = {
    Role.INGEST: "/etc/steadyhand/receiver.token",
    Role.APPROVALS: "/etc/steadyhand/approvals.token",
    Role.ADMIN: "/etc/steadyhand/admin.token",
}
_USE = {
    Role.APPROVALS: "whoever shows it as 'Authorization: Bearer TOKEN' sees the open questions (GET /v1/approvals)",
    Role.ADMIN: "whoever shows it as 'Authorization: Bearer TOKEN' looks into the inbox (GET /v1/inbox)",
}


def token(
    to: Annotated[Path | None, typer.Option(help="Write the token here, mode 0600. Default: print it.")] = None,
    hash_to: Annotated[
        Path | None,
        typer.Option(help="Write its SHA-256 here, for the receiver: what is read there opens nothing."),
    ] = None,
    role: Annotated[Role, typer.Option("--for", help="The door it is to open.")] = Role.INGEST,
    force: Annotated[bool, typer.Option("--force", help="Replace the files that are there.")] = False,
) -> None:
    """Make a token for Alertmanager (or for `--for approvals|admin`) and say where to put it.

    On one machine, one file for both sides:

        steadyhand token --to /etc/steadyhand/receiver.token

    Better, the token for Alertmanager only, and its hash for the receiver:

        steadyhand token --to /etc/alertmanager/steadyhand.token --hash-to /etc/steadyhand/receiver.token

    To rotate without losing a notification, with `previous_token` set in the profile beforehand: copy the receiver's
    file to the one `previous_token` names, run this again with `--force`, and remove that copy once Alertmanager uses
    the new token. It reads its file anew for each request, and so does the receiver: nothing is restarted.

    Without `--to` the token is all that is printed on stdout; where to put it is said on stderr.
    """
    from steadyhand.stack.secret_file import write_secret

    made = secrets.token_urlsafe(_BYTES)
    with told():
        if to is not None and hash_to is not None and to.resolve() == hash_to.resolve():
            raise ConfigurationError("--to and --hash-to name the same file")
        for path in (to, hash_to) if not force else ():
            if path is not None and (path.exists() or path.is_symlink()):
                raise ConfigurationError(f"{path} is there already; --force replaces it")
        if hash_to is not None:  # first: the receiver must know a token before it is shown
            write_secret(hash_to, HASHED + digest(made.encode()).hex(), replace=force)
        if to is not None:
            write_secret(to, made, replace=force)
        else:
            typer.echo(made)
    console = out if to is not None else err
    for line in _what_to_do(role, to, hash_to):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _what_to_do(role: Role, to: Path | None, hash_to: Path | None) -> list[str]:
    kept = hash_to or to
    lines = [f"wrote {path}" for path in (to, hash_to) if path is not None]
    if to is None:
        lines.append("the token is not kept anywhere: it is the line on stdout")
    where = json.dumps(str(kept.absolute()) if kept else _EXAMPLES[role])
    lines += ["", "in steadyhand.toml, for the receiver (its user must be able to read the file):"]
    lines += [f"    [{SETTINGS[role]}]", f"    token = {{ file = {where} }}"]
    if role is not Role.INGEST:
        return [*lines, "", _USE[role]]
    sent = json.dumps(str(to.absolute()) if to else "/etc/alertmanager/steadyhand.token")
    lines += [
        "",
        "in alertmanager.yml, in the http_config of the webhook (Alertmanager's user must be able to read it):",
    ]
    return [*lines, "    follow_redirects: false", "    authorization:", f"      credentials_file: {sent}"]
