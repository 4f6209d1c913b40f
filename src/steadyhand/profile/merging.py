"""Laying what overrides over what it overrides: table by table, key by key."""

from collections.abc import Mapping
from typing import Any

from steadyhand.domain.incident import Environment
from steadyhand.profile.section import SecretRef, Section
from steadyhand.profile.target import SHARED

_REFERENCE = frozenset(SecretRef.model_fields)


def with_shared(given: Mapping[str, Any]) -> dict[str, Any]:
    """The profile's tables with each environment whole.

    An environment's own table holds only what differs: the shared one is laid under it. An environment without a url
    has the orchestrator's.
    """
    environments = given.get("environments")
    if environments is None and _url_of(given) is not None:
        environments = {name.value: {} for name in Environment}
    if not isinstance(environments, Mapping):
        return dict(given)
    return {**given, "environments": {name: _whole(own, given) for name, own in environments.items()}}


def laid_over(under: Any, over: Any) -> Any:
    """`over`, with the keys of `under` that it leaves out."""
    under, over = _table(under), _table(over)
    if not isinstance(under, Mapping) or not isinstance(over, Mapping) or _replaces(over, under):
        return over
    return {**under, **{key: laid_over(under[key], value) if key in under else value for key, value in over.items()}}


def still_holding(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`under` without the tables that `over` replaces as a whole: those of another kind, and references to secrets."""
    held: dict[str, Any] = {}
    for key, value in under.items():
        another = over.get(key)
        if not isinstance(value, Mapping) or not isinstance(another, Mapping):
            held[key] = value
        elif not _replaces(another, value):
            held[key] = still_holding(value, another)
    return held


def _whole(own: Any, given: Mapping[str, Any]) -> Any:
    if isinstance(own, Section):
        url = _url_of(given)
        return own if url is None or "url" in own.model_fields_set else own.model_copy(update={"url": url})
    if not isinstance(own, Mapping):
        return own
    whole = {**own, **{t: laid_over(given[t], own[t]) for t in SHARED if t in own and t in given}}
    url = _url_of(whole) or _url_of(given)
    return whole if url is None or "url" in own else {**whole, "url": url}


def _url_of(given: Mapping[str, Any]) -> Any:
    """The orchestrator's url, where one is given."""
    orchestrator = _table(given.get("orchestrator"))
    return orchestrator.get("url") if isinstance(orchestrator, Mapping) else None


def _table(value: Any) -> Any:
    """A section as the keys that were given for it, and its kind."""
    if not isinstance(value, Section):
        return value
    given = {name for name in type(value).model_fields if name in value.model_fields_set or name == "kind"}
    return {name: getattr(value, name) for name in given}


def _replaces(over: Mapping[str, Any], under: Mapping[str, Any]) -> bool:
    another_kind = "kind" in over and over["kind"] != under.get("kind")
    return another_kind or (_is_reference(over) and _is_reference(under))


def _is_reference(table: Mapping[str, Any]) -> bool:
    return bool(table) and _REFERENCE.issuperset(table)
