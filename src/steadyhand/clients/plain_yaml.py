"""YAML from a stranger: plain data, without aliases."""

from typing import Any

import yaml


class _Plain(yaml.SafeLoader):
    """A few aliases make a document of gigabytes; neither Alertmanager nor Prometheus writes any."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


def plain_yaml(text: str) -> Any:
    """The document. Raises yaml.YAMLError, and RecursionError for one that is too deep."""
    return yaml.load(text, Loader=_Plain)  # noqa: S506 - a safe loader
