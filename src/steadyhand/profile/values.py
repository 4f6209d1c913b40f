"""Kinds of values the profile's keys hold, with messages that say what is expected."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

WRONG = "profile"
"""The type of the errors that `wrong` makes."""
_METRIC, _LABEL = r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", r"^[a-zA-Z_][a-zA-Z0-9_]*$"
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


def wrong(message: str, *below: str) -> PydanticCustomError:
    """What a validator raises; `below` leads from the table it looks at to the key that is wrong."""
    return PydanticCustomError(WRONG, "{message}", {"message": message, "below": below})


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError as error:
        raise wrong(f"is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_one or _UNPRINTABLE.search(text):
        raise wrong("must be an address such as http://host:8000")
    if "@" in parts.netloc:
        raise wrong("holds a user or a password; secrets stand in the profile by reference only")
    return text


def _route(text: str) -> str:
    if not text.startswith("/") or text.startswith("//") or _UNPRINTABLE.search(text):
        raise wrong('must be a path that begins with one "/"')
    return text


def _task_route(text: str) -> str:
    if text.count("{task_id}") != 1:
        raise wrong("must hold {task_id}, once, where the task's id belongs")
    return _route(text)


def _metric(text: str) -> str:
    if not re.fullmatch(_METRIC, text):
        raise wrong("is no name of a Prometheus metric: letters, digits, _ and :, not beginning with a digit")
    return text


def _label(text: str) -> str:
    if not re.fullmatch(_LABEL, text):
        raise wrong("is no name of a Prometheus label: letters, digits and _, not beginning with a digit")
    return text


def _channel(text: str) -> str:
    if not re.fullmatch(r"#\S+", text):
        raise wrong('must be a channel\'s name such as "#ops-memory"')
    return text


Address = Annotated[str, AfterValidator(_address), Field(json_schema_extra={"pattern": "^https?://"})]
"""http or https, with a host, without a password."""
Route = Annotated[str, AfterValidator(_route), Field(json_schema_extra={"pattern": "^/"})]
"""A path of the orchestrator's API."""
TaskRoute = Annotated[str, AfterValidator(_task_route), Field(json_schema_extra={"pattern": r"^/.*\{task_id\}"})]
"""A path with {task_id} in it."""
MetricName = Annotated[str, AfterValidator(_metric), Field(json_schema_extra={"pattern": _METRIC})]
"""A Prometheus metric."""
LabelName = Annotated[str, AfterValidator(_label), Field(json_schema_extra={"pattern": _LABEL})]
"""A Prometheus label."""
Channel = Annotated[str, AfterValidator(_channel), Field(json_schema_extra={"pattern": "^#"})]
"""A chat channel."""
