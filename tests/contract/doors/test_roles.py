"""Who may come in by which door (T1, P2)."""

import base64
from typing import Any

import pytest

from .house import ADMIN, APPROVALS, INGEST, WEBHOOK, House, notification

DOORS = {"ingest": ("POST", WEBHOOK), "approvals": ("GET", "/v1/approvals"), "admin": ("GET", "/v1/inbox")}
TOKENS = {"ingest": INGEST, "approvals": APPROVALS, "admin": ADMIN}


@pytest.mark.parametrize("door", DOORS)
async def test_each_door_is_opened_by_its_own_token_only(receiver: House, door: str) -> None:
    """T1: another door's token is told so; what is no token at all learns nothing."""
    method, path = DOORS[door]
    content: dict[str, Any] = {"json": notification()} if method == "POST" else {}
    for role, token in TOKENS.items():
        answer = await receiver.ask(method, path, token, **content)
        assert answer.status_code == (200 if role == door else 403), answer.text
    for unknown in (None, "x", INGEST[:-1], INGEST + "x", "sha256:" + "0" * 64):
        answer = await receiver.ask(method, path, unknown, **content)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="steadyhand"')


async def test_a_refusal_is_counted_by_door_and_reason(receiver: House) -> None:
    """They are there before the first of them, so that its increase can be seen."""
    before = await receiver.refused("admin", "unauthorized"), await receiver.refused("admin", "wrong_door")
    await receiver.ask("GET", "/v1/inbox", "nobody's")
    await receiver.ask("GET", "/v1/inbox", INGEST)
    after = await receiver.refused("admin", "unauthorized"), await receiver.refused("admin", "wrong_door")
    assert after == (before[0] + 1, before[1] + 1)
    text = (await receiver.ask("GET", "/metrics")).text
    assert 'steadyhand_refused_requests_total{door="approvals",reason="overloaded"} 0.0' in text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_health_needs_no_token(receiver: House, path: str) -> None:
    assert (await receiver.ask("GET", path)).status_code == 200


async def test_the_inbox_is_told_in_numbers_to_the_admin(receiver: House) -> None:
    before = (await receiver.ask("GET", "/v1/inbox", ADMIN)).json()["stored_notifications"]
    assert await receiver.notify() == 200
    assert (await receiver.ask("GET", "/v1/inbox", ADMIN)).json()["stored_notifications"] == before + 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_written_as_one_likes(receiver: House, scheme: str) -> None:
    answer = await receiver.ask("GET", "/v1/inbox", headers={"Authorization": f"{scheme}   {ADMIN}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", ADMIN, f"Token {ADMIN}", f"Bearer{ADMIN}", f"Bearer {ADMIN} {ADMIN}", "Basic !!!", "Basic \xe9"],
)
async def test_what_is_no_bearer_token_is_a_401(receiver: House, authorization: str) -> None:
    headers = {"Authorization": authorization.encode("latin-1")}
    assert (await receiver.ask("GET", "/v1/inbox", headers=headers)).status_code == 401


async def test_two_authorizations_are_none(receiver: House) -> None:
    """A proxy may look at the one and we at the other."""
    request = f"GET /v1/inbox HTTP/1.0\r\nAuthorization: Bearer x\r\nAuthorization: Bearer {ADMIN}\r\n\r\n"
    assert (await receiver.raw(request.encode())).startswith(b"HTTP/1.1 401 ")


async def test_alertmanager_may_use_basic_auth(receiver: House) -> None:
    """T1: the configured user with the door's token; nobody else."""

    async def status(user: str, password: str) -> int:
        return (await receiver.ask("POST", WEBHOOK, auth=(user, password), json=notification())).status_code

    assert await status("alertmanager", INGEST) == 200
    assert await status("alertmanager", INGEST[:-1]) == 401
    assert await status("somebody", INGEST) == 401
    assert await status("", INGEST) == 401
    assert await status("alertmanager", ADMIN) == 403
    answer = await receiver.ask("POST", WEBHOOK)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="steadyhand", Basic realm="steadyhand"'


async def test_basic_auth_opens_no_door_that_a_browser_could_be_led_through(receiver: House) -> None:
    """P2: a browser sends a kept password wherever a page asks it to."""
    for path, token in (("/v1/inbox", ADMIN), ("/v1/approvals", APPROVALS)):
        answer = await receiver.ask("GET", path, auth=("alertmanager", token))
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="steadyhand"')


async def test_neither_an_answer_nor_the_log_repeats_what_was_sent(receiver: House) -> None:
    """Alertmanager logs our answers."""
    secret = "guess-me-if-you-can-123"
    basic = base64.b64encode(f"alertmanager:{secret}".encode()).decode()
    answers = [
        await receiver.ask("POST", f"/{secret}", secret),
        await receiver.ask("POST", WEBHOOK, secret, content=secret),
        await receiver.ask("POST", WEBHOOK, INGEST, content=secret),
        await receiver.ask("GET", WEBHOOK, secret),
        await receiver.ask("GET", "/v1/inbox", INGEST, headers={"X-Secret": secret}),
        await receiver.ask("POST", WEBHOOK, headers={"Authorization": f"Basic {basic}"}),
    ]
    said = "".join(answer.text + str(answer.headers) for answer in answers) + receiver.log
    for word in (secret, basic, INGEST, ADMIN, APPROVALS):
        assert word not in said


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/alertmanager/", "//v1/alertmanager", "/v1/alertmanager/x", "/%00", "/v2/x"]
)
async def test_a_wrong_path_is_a_404_in_json_and_never_a_redirect(receiver: House, path: str) -> None:
    """A redirected POST arrives without its body and counts as delivered."""
    answer = await receiver.ask("POST", path, INGEST, json=notification())
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
async def test_a_wrong_method_is_a_405_that_says_which_is_right(receiver: House, method: str) -> None:
    answer = await receiver.ask(method, WEBHOOK, INGEST)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    if method != "HEAD":
        assert answer.json() == {"error": "Method Not Allowed"}
