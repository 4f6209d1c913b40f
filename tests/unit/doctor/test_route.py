"""Routes against an OpenAPI document and against replies."""

import json
from functools import partial

import pytest

from steadyhand.clients.exchange import Question
from steadyhand.doctor.checkup import CheckState, Seen
from steadyhand.doctor.operations import Operations, as_route, operations
from steadyhand.doctor.reply import Reply
from steadyhand.doctor.route import Route, judged, judged_options
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import Routes

from .profiles import here, with_line

PATHS: dict[str, dict[str, object]] = {
    "/healthz": {"get": {}},
    "/jobs/{id}": {"get": {}, "delete": {}},
    "/jobs": {"get": {}, "post": {}},
    "/review/assign": {"post": {}},
    "/metrics": {"get": {}},
}


def document(paths: dict[str, dict[str, object]] = PATHS, **more: object) -> Operations:
    return operations(json.dumps({"openapi": "3.1.0", "paths": paths, **more}))


def route(key: str, listed: Operations | None, path: str | None = None) -> Route:
    line = partial(here().line, "orchestrator", f"routes.{key}")
    method = "post" if key == "assign_review" else "get"
    return Route(key=key, path=path or getattr(Routes(), key), method=method, listed=listed, line=line)


def reply(status: int, text: str = "", *, token: str | None = None, **headers: str) -> Reply:
    shown = {} if token is None else {"Authorization": f"Bearer {token}"}
    return Reply(question=Question("GET", "http://x/y", shown), status=status, text=text, headers=headers)


def verdict(
    key: str, answer: Reply, listed: Operations | None, path: str | None = None, *, made_up: bool = False
) -> Seen:
    return judged(route(key, listed, path), answer, made_up=made_up)


def test_a_listed_route_is_found_whatever_its_parameters_and_query_are_called() -> None:
    listed = document()
    assert listed.lists("get", "/jobs/{task_id}")
    assert listed.lists("get", "/jobs?status=failed")
    assert not listed.lists("post", "/jobs/{task_id}")
    assert document(servers=[{"url": "https://x.test/base/"}]).lists("get", "/base/healthz")


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "[]", '{"openapi": "3.0.0"}', '{"swagger": "2.0", "paths": {}}', '{"openapi": 3, "paths": []}'],
)
def test_what_is_no_openapi_document_is_refused(text: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="no OpenAPI 3 document"):
        operations(text)


def test_a_route_that_answers_as_documented_is_ok_whether_it_is_listed_or_not() -> None:
    """/metrics is seldom listed."""
    for listed in (None, document(), document({})):
        assert verdict("health", reply(200, '{"status": "ok"}'), listed).state is CheckState.OK
        assert verdict("metrics", reply(200, "# TYPE a counter\n"), listed).state is CheckState.OK


def test_a_route_that_is_elsewhere_names_the_nearest_and_the_line_that_holds() -> None:
    listed = document()
    health = verdict("health", reply(404), listed)
    assert (health.state, health.nearest) == (CheckState.DRIFT, "/healthz")
    assert with_line(health.remedy).orchestrator.routes.health == "/healthz"
    task = verdict("task", reply(404), listed, "/v2/job/{task_id}", made_up=True)
    assert with_line(task.remedy).orchestrator.routes.task == "/jobs/{task_id}"
    recent = verdict("recent_failures", reply(404), listed, "/api/job?status=failed")
    assert with_line(recent.remedy).orchestrator.routes.recent_failures == "/jobs?status=failed"
    review = judged_options(route("assign_review", listed), reply(404))
    assert with_line(review.remedy).orchestrator.routes.assign_review == "/review/assign"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (404, CheckState.DRIFT),
        (405, CheckState.DRIFT),
        (302, CheckState.UNKNOWN),
        (401, CheckState.UNKNOWN),
        (429, CheckState.UNKNOWN),
        (500, CheckState.UNKNOWN),
        (200, CheckState.UNKNOWN),
    ],
)
def test_without_a_document_asking_alone_decides(status: int, state: CheckState) -> None:
    """Rule 4: a page that answers 200 to everything is no proof of anything."""
    found = verdict("health", reply(status, "<html>"), None)
    assert (found.state, found.nearest, found.remedy) == (state, None, None)


@pytest.mark.parametrize(
    ("key", "status", "state"),
    [
        ("metrics", 200, CheckState.DRIFT),
        ("metrics", 401, CheckState.DRIFT),
        ("metrics", 403, CheckState.DRIFT),
        ("metrics", 404, CheckState.DRIFT),
        ("metrics", 503, CheckState.UNKNOWN),
        ("health", 401, CheckState.DRIFT),
        ("health", 503, CheckState.UNKNOWN),
    ],
)
def test_with_a_document_the_reply_and_the_list_decide_together(key: str, status: int, state: CheckState) -> None:
    """Trouble that may pass is not drift."""
    assert verdict(key, reply(status, "<html>"), document()).state is state


def test_a_listed_route_that_wants_a_token_is_drift_where_steadyhand_asks_without_one() -> None:
    """In an incident nothing would be seen of it."""
    found = verdict("metrics", reply(401, "who are you"), document())
    assert found.state is CheckState.DRIFT
    assert found.reason == "GET http://x/y answered 401: who are you; Steadyhand asks this without a token"


@pytest.mark.parametrize("listed", [None, document({"/jobs": {"get": {}}}), document()])
def test_a_route_that_does_not_take_our_token_is_drift_and_the_token_is_not_told(listed: Operations | None) -> None:
    answer = reply(403, "no such token: hunter2-hunter2", token="hunter2-hunter2")
    found = verdict("tool_diagnostics", answer, listed, "/healthz")
    assert found.state is CheckState.DRIFT
    assert found.reason.startswith("GET http://x/y answered 403")
    assert "hunter2" not in found.model_dump_json()


@pytest.mark.parametrize(("status", "listed"), [(200, None), (200, document()), (500, None), (500, document())])
def test_a_reply_that_repeats_our_token_is_quoted_without_it(status: int, listed: Operations | None) -> None:
    found = verdict(
        "tool_diagnostics", reply(status, '{"you sent": "hunter2-hunter2"}', token="hunter2-hunter2"), listed
    )
    assert "(withheld)" in found.reason
    assert "hunter2" not in found.model_dump_json()


def test_a_task_that_does_not_exist_says_nothing_of_its_route() -> None:
    """Rule 4."""
    assert verdict("task", reply(404), None, made_up=True).state is CheckState.UNKNOWN
    assert verdict("task", reply(404), None).state is CheckState.DRIFT
    assert verdict("task", reply(404), document(), "/jobs/{task_id}", made_up=True).state is CheckState.OK


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (reply(405, allow="POST"), CheckState.OK),
        (reply(204, allow="OPTIONS, post"), CheckState.OK),
        (reply(405, allow="GET"), CheckState.DRIFT),
        (reply(404), CheckState.DRIFT),
        (reply(200), CheckState.UNKNOWN),
        (reply(503), CheckState.UNKNOWN),
    ],
)
def test_options_tell_whether_a_review_could_be_posted(answer: Reply, state: CheckState) -> None:
    assert judged_options(route("assign_review", None), answer).state is state


def test_a_hostile_path_gives_no_line_to_write() -> None:
    """Rule 8: what people copy into the profile is what they see."""
    listed = document({"/health\u202e\u001b[2J": {"get": {}}, '/h"\n]': {"get": {}}})
    found = verdict("health", reply(404), listed, "/health")
    assert found.remedy is None
    assert found.nearest == "/health\ufffd\ufffd[2J"
    assert as_route("/a/{x}/{y}", "/a/{task_id}") == "/a/{x}/{y}"
