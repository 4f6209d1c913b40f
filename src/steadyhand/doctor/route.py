"""What a reply means for one route of the profile: pure."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, ConfigDict, FailFast, TypeAdapter, ValidationError

from steadyhand.clients.orchestrator import Health, Task, TaskQueue
from steadyhand.clients.quoting import fault
from steadyhand.clients.tool_adapter import TOOL_ADAPTERS
from steadyhand.doctor.checkup import Seen, drift, ok, unknown
from steadyhand.doctor.exposition import names_in
from steadyhand.doctor.operations import Operations, as_route
from steadyhand.doctor.reply import Reply
from steadyhand.errors import UnexpectedAnswer

_GUARDED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


class _Listed(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    tasks: Annotated[tuple[Task, ...], FailFast()]


Shape = Callable[[str], object]
_TASKS: TypeAdapter[_Listed | tuple[Task, ...]] = TypeAdapter(_Listed | tuple[Task, ...])
SHAPES: dict[str, tuple[str, Shape]] = {
    "health": ("F4", TypeAdapter(Health).validate_json),
    "metrics": ("F4", names_in),
    "recent_failures": ("D1", _TASKS.validate_json),
    "task": ("D1", TypeAdapter(Task).validate_json),
    "task_queue": ("D2", TypeAdapter(TaskQueue).validate_json),
    "tool_diagnostics": ("D6", TOOL_ADAPTERS.validate_json),
}
"""The routes that are read: the line of the runbook, and what raises where a body is not as documented."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One route of the profile, and the target's own list of routes where it has one.

    `line` gives the profile's line for another path.
    """

    key: str
    path: str
    method: str = "get"
    listed: Operations | None
    line: Callable[[str], str | None]

    @property
    def is_listed(self) -> bool:
        """Whether the document lists it."""
        return self.listed is not None and self.listed.lists(self.method, self.path)

    def drifted(self, reason: str) -> Seen:
        """Drift, with the listed path that is most like it."""
        if self.listed is None or self.is_listed:
            return drift(reason)
        real = self.listed.nearest(self.method, self.path)
        remedy = self.line(as_route(real, self.path)) if real else None
        return drift(f"{reason}; the OpenAPI document does not list it", nearest=real, remedy=remedy)


def judged(route: Route, reply: Reply, *, made_up: bool = False) -> Seen:
    """What a reply to GET means. `made_up`: the task asked for exists nowhere, so that 404 says nothing by itself."""
    unlisted = route.listed is not None and not route.is_listed
    if reply.status == HTTPStatus.OK:
        return _of_shape(route, reply)
    if reply.status == HTTPStatus.NOT_FOUND and made_up and not unlisted:
        if route.is_listed:
            return ok(f"{route.path} is in the OpenAPI document; there is no failed task to ask for now")
        return unknown(f"{reply}, where no task is known to ask for: it may be the route or the task")
    if reply.status in _GUARDED and (route.is_listed or (route.listed is None and reply.question.headers)):
        return _not_let_in(reply)
    if reply.status in _ABSENT or (unlisted and reply.status < HTTPStatus.INTERNAL_SERVER_ERROR):
        return route.drifted(str(reply))
    return unknown(f"{reply}: {reply.start}")


def judged_options(route: Route, reply: Reply) -> Seen:
    """What a reply to OPTIONS means for a route that is only ever posted to."""
    allowed = f"{reply.headers.get('allow', '')},{reply.headers.get('access-control-allow-methods', '')}".upper()
    if "POST" in {method.strip() for method in allowed.split(",")}:
        return ok(f"{reply} and allows POST; nothing was posted")
    if reply.status in _ABSENT:
        return route.drifted(f"{reply} and does not allow POST")
    return unknown(f"{reply}, which does not say whether POST is allowed; nothing was posted")


def _not_let_in(reply: Reply) -> Seen:
    """It is there, and tells us nothing: so it would be in an incident."""
    shown = "our service token is not accepted" if reply.question.headers else "Steadyhand asks this without a token"
    return drift(f"{reply}: {reply.start}; {shown}")


def _of_shape(route: Route, reply: Reply) -> Seen:
    try:
        SHAPES[route.key][1](reply.text)
    except (ValidationError, UnexpectedAnswer) as error:
        why = reply.question.start(fault(error) if isinstance(error, ValidationError) else str(error))
        told = f"{reply}, but something else than documented ({why}): {reply.start}"
        return unknown(told) if route.listed is None else route.drifted(told)
    return ok(f"{reply} as documented")
