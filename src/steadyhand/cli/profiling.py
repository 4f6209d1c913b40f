"""`init`, and `profile check|schema|show`."""

import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from steadyhand.cli.edge import MISCONFIGURED, JsonOption, ProfileOption, out, print_json, told
from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError
from steadyhand.profile import DEFAULT_FILE, load_profile, profile_path

app = typer.Typer(help="The profile: check it, show it, its JSON schema.", no_args_is_help=True)
_DEFAULT_PATH = Path(DEFAULT_FILE)


def init(
    path: Annotated[Path, typer.Argument(help="Where it is written.")] = _DEFAULT_PATH,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
) -> None:
    """Write the profile with every setting in it, commented and at its default."""
    from steadyhand.profile.writing import written

    with told():
        _write(path, written(), force=force)
        where = "" if path == _DEFAULT_PATH else f" --profile {path}"
        _say(f"wrote {path}: every setting is at its default")
        _say("1. edit it: url, deployer and checkout of each environment, prometheus, alertmanager, approvals.people")
        _say(f"2. steadyhand profile check{where}    is it valid? asks nobody")
        _say(f"3. steadyhand doctor{where}           does everything in it answer?")


@app.command("check")
def check(as_json: JsonOption = False, profile: ProfileOption = None) -> None:
    """Validate the profile offline: every problem with its file, line and key. Exit code 0 valid, 2 not."""
    from steadyhand.profile.checking import checked

    report = checked(profile_path(profile))
    if as_json:
        print_json([problem.as_json() for problem in report.problems])
    else:
        for line in report.lines():
            _say(line)
    raise typer.Exit(0 if report.valid else MISCONFIGURED)


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of the profile, for editors."""
    from steadyhand.profile.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command("show")
def show(
    environment: Annotated[Environment | None, typer.Option(help="As it holds in this environment.")] = None,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """Print the profile as it holds: file, environment variables and defaults. Secrets are shown by reference only."""
    from steadyhand.profile.showing import as_profile, effective

    with told():
        tables = effective(load_profile(profile), environment)
    if as_json:
        print_json(tables)
    else:
        typer.echo(as_profile(tables), nl=False)


def _say(line: str) -> None:
    """One line on stdout, never folded: others read it too."""
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def _write(path: Path, text: str, *, force: bool) -> None:
    """The file holds all of the text, or is as it was. Raises ConfigurationError when it may not be written."""
    target = path.resolve() if force else path
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            temporary.chmod(0o644)
            # A link is refused where a file is, and a replacement leaves no moment without one.
            temporary.replace(target) if force else os.link(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError as error:
        raise ConfigurationError(f"{path} is there already; --force replaces it") from error
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
