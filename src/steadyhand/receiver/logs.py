"""What the libraries of the receiver log, as one JSON object a line like the rest."""

import logging
import traceback

import structlog

_log = structlog.get_logger(__name__)
_WORDS = 300


class ToStructlog(logging.Handler):
    """Says which error came from where, and never its message: that may quote what was sent, or a secret."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        found = record.exc_info[1] if record.exc_info else None
        about: dict[str, object] = {"logger": record.name}
        if found is not None:
            frames = traceback.extract_tb(found.__traceback__)
            about |= {"error": type(found).__name__, "where": [f"{f.filename}:{f.lineno} {f.name}" for f in frames]}
        _log.log(record.levelno, record.getMessage().strip()[:_WORDS], **about)


def libraries_to_structlog() -> None:
    """Warnings and errors of every library go to our log."""
    logging.basicConfig(handlers=[ToStructlog()], level=logging.WARNING, force=True)
