"""Text that every part can keep: Postgres refuses NUL, and UTF-8 knows no lone surrogates."""

import math

from pydantic import JsonValue

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """The text with what cannot be stored replaced."""
    return text.replace("\0", _REPLACEMENT).encode("utf-8", "replace").decode()


def storable_json(value: JsonValue) -> JsonValue:
    """The same of every text in a JSON value, keys included; NaN and the infinities, which are no JSON, are null."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_json(one) for one in value]
    if isinstance(value, dict):
        return {storable(key): storable_json(one) for key, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
