"""The application's logs: one question, one file for each kind of log behind it (D2, D1)."""

from steadyhand.clients.logs.file import FileLog
from steadyhand.clients.logs.loki import LokiLog
from steadyhand.clients.logs.source import FailureLog, LoggedFailure, LogSource
from steadyhand.errors import ConfigurationError
from steadyhand.profile import FileLogs, Logs

__all__ = ["FailureLog", "FileLog", "LogSource", "LoggedFailure", "LokiLog", "log_source_of"]


def log_source_of(settings: Logs) -> LogSource:
    """The log of the profile. Raises ConfigurationError when none is named."""
    if settings.source is None:
        raise ConfigurationError("no log is configured: set logs.source")
    if isinstance(settings.source, FileLogs):
        return FileLog(settings.source, settings)
    return LokiLog(settings.source, settings)
