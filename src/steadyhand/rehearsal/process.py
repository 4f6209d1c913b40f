"""One orchestrator process of a site."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from .site import Site
from .state import Desired

LEASH = Path(__file__).parent / "leash.py"
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT")
STOP_SECONDS = 6.0
CONNECT_SECONDS = 0.2
KEPT_OUTPUTS = 5


class OrchestratorProcess:
    """Started in the directory of its release, with its own environment and with nothing of the host's secrets."""

    def __init__(self, site: Site, desired: Desired) -> None:
        """Start it; raises `OSError` where that is impossible. Its output begins a new `logs/orchestrator.log`."""
        self._endpoint = site.endpoint
        rotate(site.output_log)
        command = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), sys.executable, "-m", "orchestrator"]
        with site.output_log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=site.releases_dir / desired.release,
                env=environment(site, desired),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the host, which then stops this one in order
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it lives; negative for a signal."""
        return self._process.poll()

    def accepts_connections(self) -> bool:
        """Whether the port of the site is open."""
        try:
            with socket.create_connection((self._endpoint.host, self._endpoint.port), timeout=CONNECT_SECONDS):
                return True
        except OSError:
            return False

    def stop(self) -> int:
        """It is gone: asked first, and killed after `STOP_SECONDS`. Returns the exit code."""
        self._process.terminate()
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def environment(site: Site, desired: Desired) -> dict[str, str]:
    """Everything that the orchestrator gets to see."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    own = {
        "PYTHONUNBUFFERED": "1",
        "ORCHESTRATOR__HOST": site.endpoint.host,
        "ORCHESTRATOR__PORT": str(site.endpoint.port),
        "ORCHESTRATOR__SERVICE_TOKEN": site.endpoint.service_token,
        "ORCHESTRATOR__FAULTS_FILE": str(site.faults_file),
        "ORCHESTRATOR__LOG_FILE": str(site.event_log),
    }
    return inherited | own | desired.environment


def rotate(log: Path) -> None:
    """`log` is free; its former content is in `<name>.1`, and so on up to `KEPT_OUTPUTS`."""
    for number in range(KEPT_OUTPUTS, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log.with_name(f"{log.name}.{number - 1}") if number > 1 else log
        if newer.exists():
            newer.replace(older)


def last_words(log: Path, lines: int, *, starts: int) -> str:
    """The last lines that an orchestrator wrote: of the latest among the last `starts` that said anything."""
    for path in (log, log.with_name(f"{log.name}.1"))[:starts]:
        if path.exists() and (text := path.read_text(encoding="utf-8", errors="replace").strip()):
            return "\n".join(text.splitlines()[-lines:])
    return "(it said nothing)"
