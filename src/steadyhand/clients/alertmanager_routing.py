"""Where Alertmanager's configuration sends an alert: pure. Only what decides that is read of it."""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from steadyhand.clients.plain_yaml import plain_yaml
from steadyhand.errors import UnexpectedAnswer

_MATCHER = re.compile(r'\s*"?([a-zA-Z_][\w:.]*)"?\s*(=~|!~|!=|=)\s*(.*?)\s*', re.DOTALL)
_LONGEST = 2000
_BETWEEN = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Webhook(_Part):
    """One address that is posted to. Newer versions hide it: `<secret>`."""

    url: str = ""
    url_file: str = ""
    send_resolved: bool = True
    max_alerts: int = 0


class Receiver(_Part):
    """Who is told."""

    name: str
    webhooks: tuple[Webhook, ...] = Field(default=(), alias="webhook_configs")


class Route(_Part):
    """A node of the tree. All of its matchers must match; the first child that does takes the alert."""

    receiver: str | None = None
    match: dict[str, str] = Field(default_factory=dict)
    match_re: dict[str, str] = Field(default_factory=dict)
    matchers: tuple[str, ...] = ()
    goes_on: bool = Field(default=False, alias="continue")
    routes: tuple["Route", ...] = ()

    @field_validator("matchers", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    def receivers(self, labels: Mapping[str, str], above: str | None = None) -> list[str]:
        """The names of those whom an alert with these labels is sent to; none when this route does not match it."""
        if not self.matches(labels):
            return []
        receiver = self.receiver or above
        found: list[str] = []
        for child in self.routes:
            taken = child.receivers(labels, receiver)
            found += taken
            if taken and not child.goes_on:
                break
        return found or ([receiver] if receiver else [])

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether all matchers of this node match. A label that is absent is empty."""
        wanted = [(name, "=", value) for name, value in self.match.items()]
        wanted += [(name, "=~", value) for name, value in self.match_re.items()]
        wanted += [one for text in self.matchers for one in _matchers(text)]
        return all(_holds(labels.get(name, ""), operator, value) for name, operator, value in wanted)


class Configuration(_Part):
    """The running configuration."""

    route: Route
    receivers: tuple[Receiver, ...]


def configuration(text: str) -> Configuration:
    """The parsed configuration. Raises UnexpectedAnswer when it is none."""
    try:
        return Configuration.model_validate(plain_yaml(text))
    except (yaml.YAMLError, ValidationError, RecursionError) as error:
        raise UnexpectedAnswer("Alertmanager's status holds no configuration that could be understood") from error


def _matchers(text: str) -> list[tuple[str, str, str]]:
    if len(text) > _LONGEST:
        raise UnexpectedAnswer(f"Alertmanager's matcher {text[:80]!r}... is too long to be understood")
    found = []
    for one in _BETWEEN.split(text.strip().removeprefix("{").removesuffix("}")):
        if not one.strip():
            continue
        matcher = _MATCHER.fullmatch(one)
        if matcher is None:
            raise UnexpectedAnswer(f"Alertmanager's matcher {one[:80]!r} could not be understood")
        name, operator, value = matcher.groups()
        found.append((name, operator, value.removeprefix('"').removesuffix('"').replace('\\"', '"')))
    return found


def _holds(real: str, operator: str, wanted: str) -> bool:
    if operator in ("=", "!="):
        return (real == wanted) is (operator == "=")
    try:
        return bool(re.fullmatch(wanted, real)) is (operator == "=~")
    except re.error as error:
        raise UnexpectedAnswer(f"Alertmanager's pattern {wanted[:80]!r} could not be understood") from error
