"""What can go wrong here.

- `SettingsError`: the environment holds a value that this service does not accept; it never boots.
- `BootRefusedError`: the values are valid, yet this process cannot start with them.
- `QueueFullError`: the task queue has no room; the caller may try again later.
- `KeyReusedError`: an idempotency key was seen before with another request.
- `TaskError`: one task fails and the service goes on: `PlannerContractError`, `GuardrailTripped`.
"""


class SettingsError(Exception):
    """The message names every variable that is wrong, and what it must be."""


class BootRefusedError(Exception):
    """This process cannot start; `exit_code` is what it leaves behind."""

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class QueueFullError(Exception):
    """Nothing was queued."""


class KeyReusedError(Exception):
    """Nothing was recorded."""


class TaskError(Exception):
    """A task failed for a reason that the service knows."""


class PlannerContractError(TaskError):
    """A plan does not keep the contract; `reason` is the label of the counter."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class GuardrailTripped(TaskError):
    """A tool's output may not leave the service; `guardrail` is the label of the counter."""

    def __init__(self, guardrail: str, tool: str) -> None:
        super().__init__(f"{guardrail}: output of tool {tool!r} withheld")
        self.guardrail = guardrail
