"""The real name that is most like the wanted one."""

import difflib
import re
from collections.abc import Callable, Iterable

_LIKE_ENOUGH = 0.6
_LAST_PART_COUNTS = 0.9
_SEPARATORS = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARAMETER = re.compile(r"\{[^}]*\}")
_VERSION = re.compile(r"api|v\d+")


def nearest(wanted: str, real: Iterable[str]) -> str | None:
    """The most similar name, or None when none is like it. Case, separators and a suffix `_total` do not count."""
    return _best(real, lambda name: _ratio(_normalised(wanted), _normalised(name)))


def nearest_path(wanted: str, real: Iterable[str]) -> str | None:
    """The most similar path. `/api` and `/v1` do not count, nor do the names of parameters; the last part does."""
    return _best(real, lambda path: _path_ratio(_parts(wanted), _parts(path)))


def _best(real: Iterable[str], likeness: Callable[[str], float]) -> str | None:
    scored = sorted(((-likeness(name), name) for name in set(real)), key=lambda one: one)
    return scored[0][1] if scored and -scored[0][0] >= _LIKE_ENOUGH else None


def _path_ratio(one: list[str], other: list[str]) -> float:
    if not one or not other:
        return 0.0
    whole = _ratio("/".join(one), "/".join(other))
    named = [[part for part in parts if part != "{}"][-1:] for parts in (one, other)]
    same_end = (one[-1] == "{}") == (other[-1] == "{}")
    return max(whole, _LAST_PART_COUNTS * _ratio(*("".join(n) for n in named))) if same_end else whole / 2


def _parts(path: str) -> list[str]:
    plain = _PARAMETER.sub("{}", path.partition("?")[0])
    parts = (part if part == "{}" else _normalised(part) for part in plain.split("/") if part)
    return [part for part in parts if not _VERSION.fullmatch(part)]


def _normalised(name: str) -> str:
    words = _SEPARATORS.sub(" ", _CAMEL.sub(" ", name)).strip().lower()
    return words.removesuffix(" total")


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
