"""The real name that is most like the wanted one."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable

_LIKE_ENOUGH = 0.6
_LAST_PART_COUNTS = 0.9
_SEPARATORS = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARAMETER = re.compile(r"\{[^}]*\}")
_VERSION = re.compile(r"api|v\d+")


def nearest(wanted: str, real: Iterable[str]) -> str | None:
    """The most similar name, or None when none is like it. Case, separators and a suffix `_total` do not count."""
    plain = _normalised(wanted)
    return _best(real, lambda name, least: _ratio(plain, _normalised(name), least))


def nearest_path(wanted: str, real: Iterable[str]) -> str | None:
    """The most similar path. `/api` and `/v1` do not count, nor do the names of parameters; the last part does."""
    parts = _parts(wanted)
    return _best(real, lambda path, least: _path_ratio(parts, _parts(path), least))


def _best(real: Iterable[str], likeness: Callable[[str, float], float]) -> str | None:
    """The first in order of the most alike. `likeness` may say 0 of whatever is less alike than the best so far."""
    best, most = None, _LIKE_ENOUGH
    for name in sorted(set(real)):
        found = likeness(name, most)
        if found > most or (best is None and found == most):
            best, most = name, found
    return best


def _path_ratio(one: list[str], other: list[str], least: float) -> float:
    """0 where only one of them ends in a parameter: a task is not the list of tasks."""
    if not one or not other or (one[-1] == "{}") != (other[-1] == "{}"):
        return 0.0
    whole = _ratio("/".join(one), "/".join(other), least)
    return max(whole, _LAST_PART_COUNTS * _ratio(_last_name(one), _last_name(other), least))


def _last_name(parts: list[str]) -> str:
    return next((part for part in reversed(parts) if part != "{}"), "")


def _parts(path: str) -> list[str]:
    plain = _PARAMETER.sub("{}", path.partition("?")[0])
    parts = (part if part == "{}" else _normalised(part) for part in plain.split("/") if part)
    return [part for part in parts if not _VERSION.fullmatch(part)]


def _normalised(name: str) -> str:
    words = _SEPARATORS.sub(" ", _CAMEL.sub(" ", name)).strip().lower()
    return words.removesuffix(" total")


def _ratio(one: str, other: str, least: float) -> float:
    """How alike they are; 0 where their lengths or their letters alone make that less than `least`."""
    both = len(one) + len(other)
    if 2 * min(len(one), len(other)) < least * both or 2 * (Counter(one) & Counter(other)).total() < least * both:
        return 0.0
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
