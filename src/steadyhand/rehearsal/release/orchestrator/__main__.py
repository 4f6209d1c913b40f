"""`python -m orchestrator`: serve until SIGTERM.

Exit codes: 0 after a stop, 2 for a value in the environment that is not acceptable, 3 where this build refuses its
configuration, 70 when the service is lost. The reason is the last line on stderr.
"""

import asyncio
import os
import signal
import sys

import uvicorn

from .app import create_app
from .errors import BootRefusedError, SettingsError
from .faults import EXIT_DOWN, LOOK_AGAIN_SECONDS, Faults, check_boot
from .settings import Settings

EXIT_SETTINGS = 2
GRACE_SECONDS = 2


def main() -> int:
    """Serve, and return the exit code."""
    try:
        settings = Settings.from_environment(os.environ)
        faults = Faults(settings.faults_file)
        check_boot(settings, faults)
    except SettingsError as error:
        sys.stderr.write(f"orchestrator: refusing to start: {error}\n")
        return EXIT_SETTINGS
    except BootRefusedError as error:
        sys.stderr.write(f"orchestrator: {error}\n")
        return error.exit_code
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn shuts down in order, and then raises the signal again
        signal.signal(number, lambda _number, _frame: sys.exit(0))
    asyncio.run(_serve(settings, faults))
    return 0


async def _serve(settings: Settings, faults: Faults) -> None:
    config = uvicorn.Config(
        create_app(settings, faults),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    fate = asyncio.create_task(_die_when_lost(settings, faults))
    await uvicorn.Server(config).serve()
    fate.cancel()


async def _die_when_lost(settings: Settings, faults: Faults) -> None:
    """End the process at once, without a shutdown, where it could not start now (`down`)."""
    while True:
        try:
            check_boot(settings, faults)
        except BootRefusedError as error:
            if error.exit_code == EXIT_DOWN:
                sys.stderr.write(f"orchestrator: {error}\n")
                sys.stderr.flush()
                os._exit(EXIT_DOWN)
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
