"""Stands for `docker compose` (version 2): `docker.py ROOT PORT compose [options] config|ps|up|logs ...`.

There is no engine where the tests run. Everything else is real: files are read and interpolated by docker-compose
itself, and the service's container is a process with the environment that it finds there.
"""

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from machine import Machine  # type: ignore[import-not-found]


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="docker compose")
    top.add_argument("-f", "--file", required=True, action="append")
    top.add_argument("--env-file", required=True)
    top.add_argument("-p", "--project-name")
    commands = top.add_subparsers(dest="command", required=True)
    told = commands.add_parser("config")
    told.add_argument("-q", "--quiet", action="store_true")
    told.add_argument("--services", action="store_true")
    listing = commands.add_parser("ps")
    listing.add_argument("--services", action="store_true", required=True)
    listing.add_argument("--filter", required=True)
    up = commands.add_parser("up")
    up.add_argument("-d", "--detach", action="store_true", required=True)
    up.add_argument("--no-deps", action="store_true")
    up.add_argument("service")
    logs = commands.add_parser("logs")
    logs.add_argument("--no-color", action="store_true")
    logs.add_argument("--tail", type=int)
    logs.add_argument("service")
    return top


def config(given: argparse.Namespace, *options: str) -> str:
    """What the real one makes of the files; its complaint and exit code are ours."""
    files = [option for file in given.file for option in ("-f", file)]
    command = ["docker-compose", *files, "--env-file", given.env_file, "config", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        sys.exit(done.returncode)
    return done.stdout


def up(machine: Machine, given: argparse.Namespace) -> None:
    import yaml  # noqa: PLC0415 - takes its time, and only this needs it

    service = yaml.safe_load(config(given))["services"][given.service]
    if not given.no_deps:
        for dependency in service.get("depends_on", ()):
            (machine.root / f"{dependency}-was-made-again").touch()
    environment = {name: str(value).replace("$$", "$") for name, value in service["environment"].items()}
    machine.put({"RELEASE": service["image"].rpartition(":")[2], **environment})


def main() -> None:
    machine = Machine(Path(sys.argv[1]), int(sys.argv[2]))
    assert sys.argv[3] == "compose"
    given = parser().parse_args(sys.argv[4:])
    if given.command == "config":
        sys.stdout.write(config(given, *["-q"] * given.quiet, *["--services"] * given.services))
        return
    if machine.away.exists():
        sys.exit("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
    if given.command == "ps" and given.filter == "status=running":
        print("orchestrator" if machine.runs() else "")  # noqa: T201
    elif given.command == "up":
        up(machine, given)
    elif given.command == "logs":
        lines = machine.log.read_text().splitlines()[-given.tail :]
        print("\n".join(f"{given.service}-1  | {line}" for line in lines))  # noqa: T201


if __name__ == "__main__":
    main()
