"""The names of the metrics that an expression asks for: pure. Prometheus before 3.0 cannot be asked that."""

import re
from collections.abc import Iterator
from itertools import pairwise

_STRING = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`'
_TOKEN = re.compile(
    rf"(?P<comment>\#[^\n]*)|(?P<string>{_STRING})|(?P<braces>\{{(?:{_STRING}|[^{{}}\"'`])*\}})|(?P<range>\[[^\]]*\])"
    r"|(?P<number>\d[\w.]*)|(?P<name>[a-zA-Z_:][\w:]*)|(?P<other>\S)",
    re.ASCII,
)
_MATCHER = re.compile(rf"(?:([\w:.]+)\s*(=~|!~|!=|=)\s*)?({_STRING})", re.ASCII)
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = frozenset({"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan"})
_STAND_INS = {"{selector}": 'a="b"', "{window}": "5m"}


def metrics_of(expression: str) -> tuple[str, ...]:
    """The names, each once, in the order they stand there; the profile's placeholders may stand in it."""
    for placeholder, stand_in in _STAND_INS.items():
        expression = expression.replace(placeholder, stand_in)
    return tuple(dict.fromkeys(_names(_tokens(expression))))


def _tokens(expression: str) -> list[tuple[str, str]]:
    found = ((match.lastgroup or "", match.group()) for match in _TOKEN.finditer(expression))
    return [(kind, text) for kind, text in found if kind != "comment"]


def _names(tokens: list[tuple[str, str]]) -> Iterator[str]:
    labels = False
    for (kind, text), (_, after) in pairwise([*tokens, ("", "")]):
        word = text.lower()
        if labels:
            labels = text != ")"
        elif kind == "braces":
            yield from _named_in(text)
        elif kind == "name" and word in _GROUPING:
            labels = after == "("
        elif kind == "name" and word not in _WORDS and after != "(" and after.lower() not in {"by", "without"}:
            yield text


def _named_in(braces: str) -> Iterator[str]:
    for label, operator, value in _MATCHER.findall(braces):
        if not label or (label == "__name__" and operator == "="):
            yield value[1:-1]
