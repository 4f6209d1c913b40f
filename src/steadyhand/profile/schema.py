"""The profile's JSON schema, for editors."""

from collections.abc import Iterator
from typing import Any

from steadyhand.profile.describing import describe
from steadyhand.profile.profile import Profile

SCHEMA_FILE = "steadyhand.schema.json"


def json_schema() -> dict[str, Any]:
    """The schema of the file: the same on every machine."""
    describe(Profile)
    schema = Profile.model_json_schema(mode="validation")
    for node in list(_objects(schema)):
        if isinstance(node.get("default"), dict | list):
            _may_be_given_in_part(node, schema)
        if "const" in node.get("properties", {}).get("kind", {}):
            node["required"] = ["kind", *node.get("required", [])]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_FILE,
        "title": "Steadyhand's target profile",
        "description": "Every name of the runbook, as a default that can be changed.",
    }
    return head | {key: value for key, value in schema.items() if key not in head}


def _may_be_given_in_part(node: dict[str, Any], schema: dict[str, Any]) -> None:
    """A table with a default keeps the rest of it; what the default is, its own keys say."""
    if "$ref" in node:
        del node["default"]
        schema["$defs"][node["$ref"].rsplit("/", 1)[-1]].pop("required", None)


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(below)
