"""Alertmanager's name for a set of labels."""

from collections.abc import Mapping

_OFFSET = 14695981039346656037
_PRIME = 1099511628211
_MASK = 2**64 - 1
_SEPARATOR = b"\xff"


def fingerprint(labels: Mapping[str, str]) -> str:
    """The fingerprint of an alert with these labels, as every Alertmanager computes it: 16 hex digits.

    FNV-1a of 64 bits over names and values, in order of the names, 0xff after each: a byte that UTF-8 does not have.
    """
    value = _OFFSET
    for byte in b"".join(_ended(part) for item in sorted(labels.items(), key=_name) for part in item):
        value = ((value ^ byte) * _PRIME) & _MASK
    return f"{value:016x}"


def _ended(text: str) -> bytes:
    return text.encode("utf-8", "replace") + _SEPARATOR


def _name(item: tuple[str, str]) -> bytes:
    """Go orders names by their bytes."""
    return item[0].encode("utf-8", "replace")
