"""What is asked of a log, and what it answers."""

from datetime import datetime
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field

from steadyhand.domain.record import AwareDatetime, Record, Text

FAILURES_KEPT = 200
_WORDS_KEPT = 500


def _short(text: str) -> str:
    return text if len(text) <= _WORDS_KEPT else f"{text[: _WORDS_KEPT - 4]} ..."


Words = Annotated[Text, AfterValidator(_short)]
"""Text of an entry, which is hostile (rule 8), cut rather than refused."""


class LoggedFailure(Record):
    """One entry that says a task failed."""

    at: AwareDatetime
    task_id: Words | None
    error: Words


class FailureLog(Record):
    """What the log holds of a window.

    `failures` are the newest, newest first, FAILURES_KEPT at most; `failures_total` counts all that were found.
    `lines_seen` counts the window's entries of any event, None where that is not known. `newest_entry_at` is the newest
    entry met, in the window or not. `truncated`: a limit stopped the reading, so that there may be more of everything.
    """

    failures: tuple[LoggedFailure, ...] = Field(max_length=FAILURES_KEPT)
    failures_total: int
    lines_seen: int | None
    newest_entry_at: AwareDatetime | None
    truncated: bool

    @property
    def silent(self) -> bool:
        """Nothing was logged in the window: neither health nor trouble can be read from that."""
        return not self.failures_total and not self.lines_seen


class LogSource(Protocol):
    """One log of the orchestrator."""

    async def failures(self, since: datetime, until: datetime) -> FailureLog:
        """The failures logged from `since` to `until`, both included.

        Raises TransientError when the log does not answer, ConfigurationError when there is none to be read, and
        UnexpectedAnswer when it is there but not of the shape the profile describes.
        """
        ...
