"""Taking the target's own values out of a text before it leaves us."""

import json
import re
from collections.abc import Iterable, Iterator

MASK = "***"
_LEAST = 6


class Mask:
    """Called with a text, it puts `***` where one of these values stands, as it is or escaped, whole or a line of it.

    Shorter values than 6 characters stay: `true` and `8080` stand in many a text, and hide nothing.
    """

    def __init__(self, values: Iterable[str]) -> None:
        known = {form for value in values for form in _forms(value) if len(form) >= _LEAST}
        self._pattern = re.compile("|".join(re.escape(form) for form in sorted(known, key=len, reverse=True)))

    def __call__(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern.pattern else text


def _forms(value: str) -> Iterator[str]:
    for part in (value, *value.splitlines()):
        for meant in (part.strip(), re.sub(r"\\(.)", r"\1", part.strip())):
            yield meant
            yield json.dumps(meant)[1:-1]
            yield json.dumps(meant, ensure_ascii=False)[1:-1]
            yield repr(meant)[1:-1]
