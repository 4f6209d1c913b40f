"""What a tool's output must keep to before anything is done with it."""

import re
from collections.abc import Callable

from .errors import GuardrailTripped
from .tools import ToolOutput

LONGEST_OUTPUT = 5000
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

Check = Callable[[ToolOutput], bool]

GUARDRAILS: dict[str, Check] = {
    "personal_data": lambda output: ADDRESS.search(output.text) is None,
    "output_length": lambda output: len(output.text) <= LONGEST_OUTPUT,
    "empty_output": lambda output: bool(output.text.strip()),
}


def check_output(output: ToolOutput) -> None:
    """Return when every guardrail is content; raise `GuardrailTripped` for the first that is not."""
    for name, holds in GUARDRAILS.items():
        if not holds(output):
            raise GuardrailTripped(name, output.tool)
