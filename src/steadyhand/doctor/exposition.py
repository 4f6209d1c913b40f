"""The names of the series on a page in Prometheus' text format: pure."""

import re

from steadyhand.errors import UnexpectedAnswer

_TYPE = re.compile(r"^# TYPE ([a-zA-Z_:][\w:]*) (\w+)\s*$", re.MULTILINE | re.ASCII)
_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{.*\})? +\S", re.MULTILINE | re.ASCII)
_ENDS = {"counter": ("", "_total"), "histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


def names_in(page: str) -> frozenset[str]:
    """The names of its series, and those its families without a series yet will have.

    Raises UnexpectedAnswer when the page is not of the format: HTML, say.
    """
    families: list[tuple[str, str]] = _TYPE.findall(page)
    if not families:
        raise UnexpectedAnswer("it is not in Prometheus' text format")
    found = set(_SAMPLE.findall(page))
    coming = [{family + end for end in _ends(family, kind)} for family, kind in families]
    # A counter's family is called with `_total` in one version of the format and without in the other: its series tell.
    return frozenset(found.union(*(names for names in coming if not names & found)))


def _ends(family: str, kind: str) -> tuple[str, ...]:
    return ("",) if family.endswith("_total") else _ENDS.get(kind, ("",))
