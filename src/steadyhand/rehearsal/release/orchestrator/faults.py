"""Trouble on purpose: the faults file says which dependencies misbehave right now.

Nothing in here breaks the service by itself. Each fault is asked for at the one place whose behaviour it changes
(the model behind the planner, the shared backend of the permits, the tools' network, the documents they read).
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

from .errors import BootRefusedError
from .settings import Settings

PLANNER_CONTRACT = "planner-contract"
QUEUE_STARVATION = "queue-starvation"
TOOL_LATENCY = "tool-latency"
GUARDRAIL_TRIPS = "guardrail-trips"
DOWN = "down"
REFUSES_CONFIG = "refuses-config"
NO_EFFECT = "no-effect"

LOOK_AGAIN_SECONDS = 0.2
EXIT_DOWN = 70
EXIT_REFUSED = 3

Stamp = tuple[int, int, int]


class Faults:
    """The faults in force, looked up again at most every `LOOK_AGAIN_SECONDS`.

    An absent file means none. A file that cannot be read as a record keeps the last known answer.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked = float("-inf")
        self._stamp: Stamp | None = None
        self._active: frozenset[str] = frozenset()

    def active(self, name: str) -> bool:
        """Whether this fault is in force, as of at most `LOOK_AGAIN_SECONDS` ago."""
        if self._path is not None and self._clock() - self._looked >= LOOK_AGAIN_SECONDS:
            self._looked = self._clock()
            self._look(self._path)
        return name in self._active

    def _look(self, path: Path) -> None:
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                self._active = frozenset(str(name) for name in json.loads(path.read_bytes())["faults"])
                self._stamp = stamp
        except FileNotFoundError:
            self._active, self._stamp = frozenset(), None
        except (OSError, ValueError, KeyError, TypeError):
            return


def check_boot(settings: Settings, faults: Faults) -> None:
    """Raise `BootRefusedError` where this process could not start: `down` and `refuses-config`."""
    if faults.active(DOWN):
        raise BootRefusedError("fatal: lost the lease on the worker pool, cannot continue", exit_code=EXIT_DOWN)
    if not faults.active(REFUSES_CONFIG):
        return
    if not settings.planning_enabled:
        message = "fatal: cannot build service container: provider 'planner' is required by 'agents', but is disabled"
        raise BootRefusedError(f"{message} (PLANNING__ENABLED=false)", exit_code=EXIT_REFUSED)
    if settings.scheduling_backend != "asyncio":
        message = f"fatal: no scheduling backend is registered as {settings.scheduling_backend!r}, known: 'asyncio'"
        raise BootRefusedError(f"{message} (SCHEDULING__BACKEND)", exit_code=EXIT_REFUSED)


class Obeyed:
    """What the running code follows: the boot settings, unless `no-effect` makes it ignore them."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self._settings = settings
        self._faults = faults

    def planning(self) -> bool:
        """Whether plans come from the planner."""
        return self._settings.planning_enabled or self._faults.active(NO_EFFECT)

    def permits(self) -> bool:
        """Whether a task needs a permit of the shared backend."""
        return self._settings.scheduling_backend == "asyncio" or self._faults.active(NO_EFFECT)
