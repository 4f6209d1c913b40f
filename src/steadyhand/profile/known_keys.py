"""What the profile's schema knows about a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from steadyhand.profile.problems import Key
from steadyhand.profile.profile import Profile

_Node = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """A key as the file has it, without pydantic's names of union members.

    `beside` are the keys that its table may hold, `kinds` the kinds of the table it leads to, `example` a value.
    """

    key: Key
    beside: tuple[str, ...]
    kinds: tuple[str, ...]
    example: Any


def known_key(location: Key) -> KnownKey:
    """What is known about the key at pydantic's location."""
    schema = _schema()
    definitions = schema.get("$defs", {})
    nodes: list[_Node] = [schema]
    key: list[int | str] = []
    beside: list[str] = []
    below: list[_Node] = []
    tagged = False
    for part in location:
        if part == "[key]":
            continue
        chosen = [node for node in nodes if _kind(node) == part]
        # A tag stands once before the key, which may have the same name: the kind "header" has the key `header`.
        if chosen and not tagged:
            nodes, tagged = chosen, True
            continue
        tagged = False
        beside = sorted({name for node in nodes for name in node.get("properties", {})})
        key.append(part)
        below = [found for node in nodes if (found := _below(node, part)) is not None]
        nodes = [one for node in below for one in _alternatives(node, definitions)]
    kinds = [kind for node in nodes if (kind := _kind(node)) is not None]
    examples = [one for node in below for one in node.get("examples", [])]
    return KnownKey(key=tuple(key), beside=tuple(beside), kinds=tuple(kinds), example=examples[0] if examples else None)


@cache
def _schema() -> dict[str, Any]:
    return Profile.model_json_schema(mode="validation")


def _kind(node: _Node) -> str | None:
    found = node.get("properties", {}).get("kind", {}).get("const")
    return str(found) if found is not None else None


def _below(node: _Node, part: int | str) -> _Node | None:
    if isinstance(part, int):
        found = node.get("items")
    else:
        found = node.get("properties", {}).get(part) or node.get("additionalProperties")
    return found if isinstance(found, Mapping) else None


def _alternatives(node: _Node, definitions: Mapping[str, _Node]) -> list[_Node]:
    """The node itself with its reference followed, or each member of its union."""
    members = [*node.get("anyOf", []), *node.get("oneOf", [])]
    if members:
        return [one for member in members for one in _alternatives(member, definitions)]
    if "$ref" in node:
        return _alternatives(definitions[str(node["$ref"]).rsplit("/", 1)[-1]], definitions)
    return [node]
