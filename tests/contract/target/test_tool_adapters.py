"""Asking an orchestrator for its tools' adapters (D6): the reference one, one that checks tokens, foreign shapes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import jwt
import pytest
from fastapi import FastAPI, Header, HTTPException

from steadyhand.clients.orchestrator import OrchestratorClient
from steadyhand.clients.tool_adapter import ToolAdapter
from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.probes.probe import ask
from steadyhand.probes.tool_adapters import PROBE, judged
from steadyhand.profile import BearerToken, HeaderToken, MintedToken, Orchestrator, SecretRef, ServiceToken
from steadyhand.rehearsal import faults
from tests.rehearsal.stage import TOKEN, Stage, wait_until

from .cases import IMPATIENT, case, target_profile
from .served import served
from .strange import Answering, endless, never, reply, strange

SIGNING_SECRET = "signs tokens in this file only, and nowhere else"
ROUTE = Orchestrator().routes.tool_diagnostics


def with_token(token: ServiceToken | None, orchestrator: Orchestrator = IMPATIENT) -> Orchestrator:
    """The settings with this token."""
    return orchestrator.model_copy(update={"service_token": token})


def kept(tmp_path: Path, secret: str) -> SecretRef:
    """A secret in a file."""
    (tmp_path / "secret").write_text(secret)
    return SecretRef(file=tmp_path / "secret")


async def adapters(url: str, token: ServiceToken | None = None) -> tuple[ToolAdapter, ...]:
    """What the client understands."""
    async with OrchestratorClient(url, with_token(token)) as orchestrator:
        return await orchestrator.tool_diagnostics()


async def found(url: str, token: ServiceToken | None = None, *, last_try: bool = True) -> Finding:
    """The probe's finding."""
    return await ask(PROBE, case(target_profile(url, with_token(token))), last_try=last_try)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The reference orchestrator, healthy and with traffic."""
    stage = Stage(tmp_path_factory.mktemp("stage"))
    try:
        stage.up().start_traffic()
        yield stage
    finally:
        stage.close()


async def test_the_reference_orchestrators_adapters_are_healthy_until_its_tools_are_slow(
    stage: Stage, tmp_path: Path
) -> None:
    """D6: against a real process, with a fault that is a cause and no symptom."""
    token = BearerToken(secret=kept(tmp_path, TOKEN))
    healthy = await found(stage.site.url, token)
    assert (healthy.probe, healthy.requirement, healthy.verdict) == ("tool_adapters", "D6", Verdict.OK)
    names = [adapter.name for adapter in await adapters(stage.site.url, token)]
    assert names
    assert healthy.facts == {"adapters": len(names), "unhealthy": [], "unclear": []}
    faults.inject(stage.site, "tool-latency")
    header = {"Authorization": f"Bearer {TOKEN}"}
    wait_until(
        lambda: not all(t["healthy"] for t in stage.client.get(ROUTE, headers=header).json()["tools"]), "a slow tool"
    )
    slow = await found(stage.site.url, token)
    assert slow.verdict is Verdict.BAD
    assert "tool adapters are not healthy: " in slow.summary
    unhealthy = slow.facts["unhealthy"]
    assert isinstance(unhealthy, list)
    assert set(unhealthy) <= set(names)
    latencies = [adapter.p95_latency_seconds for adapter in await adapters(stage.site.url, token)]
    assert max(latency for latency in latencies if latency is not None) > 0.2


async def test_the_reference_orchestrator_wants_the_service_token(stage: Stage, tmp_path: Path) -> None:
    """D6: the message says which key of the profile to set, and never the token."""
    with pytest.raises(UnexpectedAnswer, match=r"no service token is configured: set orchestrator\.service_token"):
        await adapters(stage.site.url)
    wrong = BearerToken(secret=kept(tmp_path, "hunter2hunter2"))
    with pytest.raises(UnexpectedAnswer, match=r"not accepted: set orchestrator\.service_token .*401") as told:
        await adapters(stage.site.url, wrong)
    assert "hunter2" not in str(told.value)
    finding = await found(stage.site.url, last_try=False)
    assert finding.verdict is Verdict.UNKNOWN
    assert "orchestrator.service_token" in finding.summary


def guarded() -> FastAPI:
    """An orchestrator that checks signature, issuer, audience, age and scope; or a key in a header of its own."""
    app = FastAPI()

    @app.get(ROUTE)
    async def diagnostics(
        authorization: Annotated[str, Header()] = "", x_api_key: Annotated[str, Header()] = ""
    ) -> dict[str, Any]:
        try:
            claims = {"scope": "tools:read"} if x_api_key == SIGNING_SECRET else None
            claims = claims or jwt.decode(
                authorization.removeprefix("Bearer "),
                SIGNING_SECRET,
                ["HS256"],
                audience="tools",
                issuer="steadyhand",
                options={"require": ["iss", "sub", "aud", "iat", "exp"]},
            )
        except jwt.InvalidTokenError as error:
            raise HTTPException(401, str(error)) from error
        if claims.get("scope") != "tools:read":
            raise HTTPException(403, "out of scope")
        return {"tools": [{"name": "search", "healthy": True}]}

    return app


async def test_a_minted_token_opens_what_checks_it(tmp_path: Path) -> None:
    """D6: a right one, a wrong audience, a missing scope."""
    token = MintedToken(secret=kept(tmp_path, SIGNING_SECRET), audience="tools", claims={"scope": "tools:read"})
    async with served(guarded()) as url:
        assert await adapters(url, token) == (ToolAdapter(name="search", healthy=True),)
        with pytest.raises(UnexpectedAnswer, match=r"service token is not accepted.*401"):
            await adapters(url, token.model_copy(update={"audience": "others"}))
        with pytest.raises(UnexpectedAnswer, match=r"service token is not accepted.*403.*out of scope"):
            await adapters(url, token.model_copy(update={"claims": {}}))


async def test_a_token_in_a_header_of_its_own_opens_what_wants_it_there(tmp_path: Path) -> None:
    """D6."""
    secret = kept(tmp_path, SIGNING_SECRET)
    async with served(guarded()) as url:
        assert len(await adapters(url, HeaderToken(secret=secret, header="X-Api-Key"))) == 1
        with pytest.raises(UnexpectedAnswer, match="401"):
            await adapters(url, HeaderToken(secret=secret))


async def test_a_weak_secret_is_a_matter_of_configuration_and_nobody_is_asked(tmp_path: Path) -> None:
    """D6, rule 4."""
    weak = MintedToken(secret=kept(tmp_path, "short"))
    async with strange(reply(200, "{}")) as server:
        with pytest.raises(ConfigurationError, match="32 bytes"):
            await adapters(server.url, weak)
        finding = await found(server.url, weak, last_try=False)
        assert server.asked == []
    assert finding.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("status", [400, 401, 403, 500, 200])
async def test_a_token_that_a_server_repeats_in_its_answer_is_not_passed_on(status: int, tmp_path: Path) -> None:
    """D6: a message never holds a secret, whatever a server makes of it."""
    token = BearerToken(secret=kept(tmp_path, "hunter2hunter2"))
    async with strange(reply(status, "malformed header: 'Bearer hunter2hunter2'")) as server:
        finding = await found(server.url, token)
    assert finding.verdict is Verdict.UNKNOWN
    assert "malformed header: 'Bearer (withheld)'" in finding.summary
    assert "hunter2" not in finding.summary


GOOD = (ToolAdapter(name="search", healthy=True), ToolAdapter(name="sql", healthy=False))
SHAPES: dict[str, object] = {
    "tools": {"tools": [{"name": "search", "healthy": True}, {"name": "sql", "healthy": False}]},
    "adapters": {"status": "ok", "adapters": [{"name": "search", "healthy": True}, {"name": "sql", "healthy": False}]},
    "list": [{"name": "search", "status": "ok"}, {"name": "sql", "status": "degraded"}],
    "other words": [{"tool": "search", "state": "UP"}, {"adapter": "sql", "health": " Down "}],
    "by name": {"search": "healthy", "sql": "unavailable"},
    "objects by name": {"search": {"status": "ok"}, "sql": {"healthy": False}},
    "by name below": {"tools": {"search": "ready", "sql": "error"}},
    "booleans by name below": {"adapters": {"search": True, "sql": False}},
    "at odds with itself": [
        {"name": "search", "healthy": True, "status": "ok"},
        {"name": "sql", "healthy": True, "status": "degraded"},
    ],
    "further fields": [
        {"name": "search", "healthy": True, "status": "running", "version": 3},
        {"name": "sql", "status": "fail"},
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_adapters_are_understood_in_every_known_shape(shape: str) -> None:
    """D6: orchestrators differ in how they say it."""
    async with strange(reply(200, json.dumps(SHAPES[shape]))) as server:
        assert await adapters(server.url) == GOOD
        finding = await found(server.url)
        assert server.asked == [ROUTE, ROUTE]
    assert (finding.verdict, finding.facts["unhealthy"]) == (Verdict.BAD, ["sql"])
    assert finding.summary == "1 of 2 tool adapters are not healthy: sql"


STRANGE: dict[str, object] = {
    "health of the whole": {"status": "ok"},
    "no adapters in it": {"version": "1.2", "uptime": 3},
    "detail": {"detail": "ok"},
    "empty object": {},
    "null": None,
    "word": "ok",
    "numbers": [1, 2],
    "words": ["ok", "ok"],
    "no names": [{"healthy": True}],
    "objects of who knows what": {"limits": {"cpu": 2}},
    "empty name": [{"name": "", "healthy": True}],
    "name is no text": [{"name": {"a": 1}, "healthy": True}],
    "tools is a number": {"tools": 3},
    "latency is no number": [{"name": "a", "healthy": True, "p95_latency_seconds": "slow"}],
    "booleans of who knows what": {"enabled": True, "ready": True},
}


@pytest.mark.parametrize("shape", STRANGE)
async def test_what_is_no_list_of_adapters_is_not_taken_for_one(shape: str) -> None:
    """D6, rule 4: least of all for healthy ones."""
    async with strange(reply(200, json.dumps(STRANGE[shape]))) as server:
        with pytest.raises(UnexpectedAnswer, match="something else than documented"):
            await adapters(server.url)
        finding = await found(server.url, last_try=False)
    assert finding.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("body", ["<html>Sign in</html>", "", "[" * 20_000])
async def test_what_is_no_json_is_unknown(body: str) -> None:
    """D6, rule 4."""
    async with strange(reply(200, body)) as server:
        assert (await found(server.url, last_try=False)).verdict is Verdict.UNKNOWN


TROUBLES: dict[str, tuple[Answering, type[Exception], str]] = {
    "never": (never, TransientError, "within 0.6 s"),
    "503": (reply(503, "{}"), TransientError, "answered 503"),
    "429": (reply(429, "{}"), TransientError, "answered 429"),
    "404": (reply(404, "{}"), UnexpectedAnswer, "answered 404"),
    "302": (reply(302, "", headers={"Location": "http://127.0.0.1:9/login"}), UnexpectedAnswer, "answered 302"),
    "endless": (endless, UnexpectedAnswer, "more than 50000 bytes"),
    "compressed": (reply(200, b"x", headers={"Content-Encoding": "gzip"}), UnexpectedAnswer, "compressed"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_troubled_orchestrator_leaves_it_unknown_and_is_asked_once(trouble: str) -> None:
    """D6, rules 4 and 7."""
    answer, kind, reason = TROUBLES[trouble]
    async with strange(answer) as server:
        with pytest.raises(kind, match=reason):
            await adapters(server.url)
        assert len(server.asked) == 1
        assert (await found(server.url)).verdict is Verdict.UNKNOWN


def test_one_adapter_that_says_neither_leaves_the_others_health_in_doubt_but_not_their_illness() -> None:
    """D6, rule 4."""
    well, ill, unclear = (ToolAdapter(name=str(h), healthy=h) for h in (True, False, None))
    doubtful = judged([well, unclear])
    assert (doubtful.verdict, doubtful.facts["unclear"]) == (Verdict.UNKNOWN, ["None"])
    assert judged([well, unclear, ill]).verdict is Verdict.BAD
    assert judged([well]).verdict is Verdict.OK


def test_no_adapter_at_all_is_not_all_of_them_healthy() -> None:
    """D6, rule 4."""
    assert judged([]).verdict is Verdict.UNKNOWN


def test_many_ill_adapters_with_long_names_are_told_in_short() -> None:
    """D6, rule 8."""
    answer = judged([ToolAdapter(name=f"{n}{'x' * 5000}", healthy=False) for n in range(500)])
    assert answer.summary.startswith("500 of 500 tool adapters are not healthy: 0xxx")
    assert answer.summary.endswith(" and 490 more")
    assert len(json.dumps(answer.facts)) < 2000
