"""The orchestrator's OpenAPI document, as far as routes are concerned: pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from steadyhand.doctor.nearest import nearest_path
from steadyhand.errors import UnexpectedAnswer

_PARAMETER = re.compile(r"\{[^}]*\}")


class _Server(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    url: str = ""


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    openapi: str = Field(pattern=r"^3\.")
    paths: dict[str, dict[str, JsonValue]]
    servers: tuple[_Server, ...] = ()


@dataclass(frozen=True)
class Operations:
    """Which paths the document lists, for each method in lower case."""

    paths: Mapping[str, frozenset[str]]

    def lists(self, method: str, route: str) -> bool:
        """Whether the route is there: its query and its parameters' names do not count."""
        return any(_plain(route) == _plain(path) for path in self.paths.get(method, ()))

    def nearest(self, method: str, route: str) -> str | None:
        """The listed path that is most like it."""
        return nearest_path(route, self.paths.get(method, ()))


def operations(text: str) -> Operations:
    """What the document lists. Raises UnexpectedAnswer when it is no OpenAPI 3 document."""
    try:
        document = _Document.model_validate_json(text)
        base = urlsplit(document.servers[0].url).path.rstrip("/") if document.servers else ""
    except (ValidationError, ValueError) as error:
        raise UnexpectedAnswer("it is no OpenAPI 3 document") from error
    found: dict[str, set[str]] = {}
    for path, methods in document.paths.items():
        for method in methods:
            found.setdefault(method.lower(), set()).add(base + path)
    return Operations({method: frozenset(paths) for method, paths in found.items()})


def as_route(real: str, wanted: str) -> str:
    """The real path as the profile writes it: with the wanted route's parameter and its query."""
    path, _, query = wanted.partition("?")
    parameters = _PARAMETER.findall(path)
    if len(parameters) == len(_PARAMETER.findall(real)):
        for parameter in parameters:
            real = _PARAMETER.sub(parameter, real, count=1)
    return f"{real}?{query}" if query else real


def _plain(route: str) -> str:
    return _PARAMETER.sub("{}", route.partition("?")[0]).rstrip("/")
