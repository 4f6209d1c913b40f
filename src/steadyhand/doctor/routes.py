"""The runbook's routes against the target's OpenAPI document, and by asking each for real (F4, D1, D2, D6, M4).

Nothing is posted: what assigns a reviewer (M4) is looked up, or asked for its OPTIONS.
"""

from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from steadyhand.clients.orchestrator import OrchestratorClient
from steadyhand.clients.service_token import headers_for
from steadyhand.doctor.checkup import Area, Check, Seen, answered, drift, ok, unknown
from steadyhand.doctor.ground import Ground
from steadyhand.doctor.once import Once
from steadyhand.doctor.operations import Operations, operations
from steadyhand.doctor.reply import Bounds, reply_to
from steadyhand.doctor.route import SHAPES, Route, judged, judged_options
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.record import utc_now
from steadyhand.errors import SteadyhandError
from steadyhand.probes import reachability

_MADE_UP = "steadyhand-doctor"
_NO_NAMES = (".", "..")


def checks(ground: Ground) -> tuple[Check, ...]:
    """One check for each route of the runbook."""
    document = Once(partial(_document, ground))
    check = partial(Check, area=Area.ROUTES, environment=ground.name)
    read = [
        check(name=key, requirement=requirement, look=partial(_look, ground, document, key))
        for key, (requirement, _) in SHAPES.items()
    ]
    posted = partial(_look_without_posting, ground, document)
    well = check(name="is healthy", requirement="F4", look=partial(_well, ground))
    return (well, *read, check(name="assign_review", requirement="M4", look=posted))


async def _well(ground: Ground) -> Seen:
    """Whether it is well now, by the words that the profile takes for it."""
    answer = await reachability.PROBE.collect(ground.case)
    if answer.facts.get("reachable") is False:
        return unknown(answer.summary)
    if answer.verdict is not Verdict.BAD or answer.facts.get("status") is None:
        return answered(answer)
    words = ", ".join(ground.profile.orchestrator.healthy)
    return drift(f"{answer.summary}, and well is: {words}; if it is well, add its word to orchestrator.healthy")


async def _look(ground: Ground, document: Once[Operations | None], key: str) -> Seen:
    route = await _route(ground, document, key)
    task = await _some_failed_task(ground) if key == "task" else None
    path = route.path.replace("{task_id}", quote(task or _MADE_UP, safe=""))
    token = ground.profile.orchestrator.service_token
    headers = headers_for(token, utc_now()) if key == "tool_diagnostics" else {}
    reply = await reply_to("GET", url_of(ground, path), bounds_of(ground), headers)
    return judged(route, reply, made_up=key == "task" and task is None)


async def _look_without_posting(ground: Ground, document: Once[Operations | None]) -> Seen:
    route = await _route(ground, document, "assign_review", "post")
    if route.is_listed:
        return ok(f"POST {route.path} is in the OpenAPI document; nothing was posted")
    return judged_options(route, await reply_to("OPTIONS", url_of(ground, route.path), bounds_of(ground)))


async def _route(ground: Ground, document: Once[Operations | None], key: str, method: str = "get") -> Route:
    return Route(
        key=key,
        path=getattr(ground.profile.orchestrator.routes, key),
        method=method,
        listed=await document.get(),
        line=partial(ground.line, "orchestrator", f"routes.{key}"),
    )


async def _document(ground: Ground) -> Operations | None:
    """What the target says it has; None where it does not say, and asking alone decides."""
    url = url_of(ground, ground.profile.orchestrator.routes.openapi)
    try:
        reply = await reply_to("GET", url, bounds_of(ground))
        return operations(reply.text) if reply.status == HTTPStatus.OK else None
    except SteadyhandError:
        return None


async def _some_failed_task(ground: Ground) -> str | None:
    """The id of a real task, where the orchestrator can list them."""
    async with OrchestratorClient(ground.environment.url, ground.profile.orchestrator) as orchestrator:
        try:
            found = [task.task_id for task in await orchestrator.recent_failures()]
        except SteadyhandError:
            return None
    return next((one for one in found if one and one not in _NO_NAMES), None)


def url_of(ground: Ground, route: str) -> str:
    """The whole address of a route here."""
    return ground.environment.url.rstrip("/") + route


def bounds_of(ground: Ground) -> Bounds:
    """How patiently this orchestrator is asked."""
    settings = ground.profile.orchestrator
    return Bounds(seconds=settings.timeout_seconds, max_bytes=settings.max_answer_bytes)
