"""What can go wrong in a rehearsal.

`RehearsalError`
- `SiteError`: the directory is not a site, or cannot become one.
- `UnknownFaultError`: no fault of this name exists.
- `InvalidStateError`: a state that cannot be deployed (unknown release or variable); nothing was changed.
- `DeployError`: the wanted state did not come up; it stays the wanted one.
"""

from collections.abc import Iterable


class RehearsalError(Exception):
    """Base of all errors in here; the message is meant for a person."""


class SiteError(RehearsalError):
    """The message names the directory and what is wrong with it."""


class UnknownFaultError(RehearsalError):
    """The message lists the names that exist."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no fault is called {name!r}; there are: {', '.join(known)}")


class InvalidStateError(RehearsalError):
    """The message says what is not acceptable, and what would be."""


class DeployError(RehearsalError):
    """The message ends with the last words of the process, where it had any."""
