"""The event log: one JSON object per line, with `event`, `level`, `timestamp` and whatever belongs to the event."""

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

ROTATE_BYTES = 10_000_000
KEPT_FILES = 2


class EventLog:
    """Writes to a file, which is rotated at `ROTATE_BYTES`, or to stderr where none is configured."""

    def __init__(self, path: Path | None) -> None:
        self._handler: logging.Handler
        if path is None:
            self._handler = logging.StreamHandler(sys.stderr)
        else:
            self._handler = RotatingFileHandler(path, maxBytes=ROTATE_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
        self._logger = logging.Logger("orchestrator.events")
        self._logger.addHandler(self._handler)

    def info(self, event: str, **details: object) -> None:
        """Something happened."""
        self._write(logging.INFO, event, details)

    def error(self, event: str, **details: object) -> None:
        """Something went wrong."""
        self._write(logging.ERROR, event, details)

    def close(self) -> None:
        """Nothing is written after this."""
        self._logger.removeHandler(self._handler)
        self._handler.close()

    def _write(self, level: int, event: str, details: dict[str, object]) -> None:
        line = {
            "timestamp": datetime.now(UTC).isoformat(),
            "level": logging.getLevelName(level).lower(),
            "event": event,
        }
        self._logger.log(level, "%s", json.dumps(line | details))
