"""Every error Steadyhand raises on purpose.

    SteadyhandError
     x TransientError       trying again may help: refused connection, timeout, 5xx, database away
     x PermanentError       trying again cannot help
         x ConfigurationError    the profile or the machine is not as it must be; the message says what to change
         x UnexpectedAnswer      a service answered, but not what its contract says (404, HTML, missing field)
         x ChangeRefused         the target refused a change; `last_words` holds what it said
         x ApprovalRefused       a decision was not accepted: unknown person, wrong code, too late, ...
         x EnvironmentBusy       another incident's change is under way in this environment
         x NotFound              no such incident, probe, approval, ...

A message says what was attempted and what came back, and never holds a secret.
"""

from steadyhand.domain.text import storable


class SteadyhandError(Exception):
    """Base of all errors raised on purpose. The message can be stored, whatever it quotes."""

    def __init__(self, message: str) -> None:
        super().__init__(storable(message))


class TransientError(SteadyhandError):
    """Trying again may help; Prefect's task retries are the only retry layer."""


class PermanentError(SteadyhandError):
    """Trying again cannot help."""


class ConfigurationError(PermanentError):
    """The profile, a file or a program is not as it must be; the message says what to change."""


class UnexpectedAnswer(PermanentError):
    """A service answered with something its contract does not know."""


class ChangeRefused(PermanentError):
    """The target refused a change. `last_words` is what the failing process said, bounded."""

    def __init__(self, message: str, *, last_words: str = "") -> None:
        super().__init__(message)
        self.last_words = storable(last_words)


class ApprovalRefused(PermanentError):
    """A decision was not accepted; the gate stays as it was."""


class EnvironmentBusy(PermanentError):
    """One pair of hands: another change is under way in this environment."""


class NotFound(PermanentError):
    """Nothing goes by this name or id."""
