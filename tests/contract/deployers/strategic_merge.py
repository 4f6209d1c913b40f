"""A strategic merge patch as Kubernetes' API server does it, for the lists that a Deployment's containers need."""

import copy
from typing import Any

KEYED = ("containers", "env")
"""Lists that are merged by `name`; others are replaced."""


def merged(now: Any, patch: Any) -> Any:
    """The object after the patch; neither argument is changed."""
    if not isinstance(now, dict) or not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(now)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif key in KEYED and isinstance(value, list):
            result[key] = _by_name(result.get(key, []), value)
        else:
            result[key] = merged(result.get(key, {}), value)
    return result


def _by_name(now: list[dict[str, Any]], patch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    result = {item["name"]: item for item in now}
    for item in patch:
        if item.get("$patch") == "delete":
            result.pop(item["name"], None)
        else:
            result[item["name"]] = merged(result.get(item["name"], {}), item)
    return list(result.values())
