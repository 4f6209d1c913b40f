"""GitHub and Jenkins are asked through the environment's HTTP proxies, which are servers on real sockets (D7, F5)."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from steadyhand.clients import jenkins
from steadyhand.clients.github import workflow_names
from steadyhand.errors import ConfigurationError, TransientError, UnexpectedAnswer
from steadyhand.profile import GitHub, Jenkins, SecretRef
from steadyhand.rehearsal.neighbours.github_state import REPOSITORY

from .strange import endless, never, reply, strange

Asking = Callable[[str, Path], Awaitable[tuple[str, ...]]]
WORKFLOW = {"id": 11, "name": "Deploy", "path": "deploy.yml", "state": "active"}
JOB = {"_class": "hudson.model.FreeStyleProject", "name": "nightly", "fullName": "nightly"}
BOTH = json.dumps({"workflows": [WORKFLOW], "jobs": [JOB]})
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


async def of_github(url: str, directory: Path) -> tuple[str, ...]:
    """The names of its workflows."""
    (directory / "token").write_text("ghp_x")
    token = SecretRef(file=directory / "token")
    settings = GitHub(repository=REPOSITORY, api_url=url, token=token, timeout_seconds=1, max_answer_bytes=50_000)
    return await workflow_names(settings)


async def of_jenkins(url: str, _: Path) -> tuple[str, ...]:
    """The names of its jobs."""
    return await jenkins.job_names(Jenkins(url=url, timeout_seconds=1, max_answer_bytes=50_000))


ASKING: dict[str, Asking] = {"github": of_github, "jenkins": of_jenkins}


@pytest.fixture(params=list(ASKING))
def asking(request: pytest.FixtureRequest) -> Asking:
    """One who asks."""
    return ASKING[request.param]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """But those of the test."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_a_server_that_only_the_proxy_can_reach_is_asked_through_it(
    asking: Asking, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D7, F5."""
    async with strange(reply(200, BOTH)) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        assert await asking("http://inside.invalid", tmp_path) in {("Deploy",), ("nightly",)}
    assert len(proxy.asked) == 1
    assert proxy.asked[0].startswith("http://inside.invalid/")


async def test_for_https_the_proxy_is_asked_for_a_tunnel_and_sees_no_more(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8: neither the question nor the token."""
    async with strange(reply(502, "no way there")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(TransientError):
            await asking("https://inside.invalid", tmp_path)
    assert proxy.asked == ["inside.invalid:443"]


@pytest.mark.parametrize("names", ["127.0.0.1", "*", "elsewhere.test, 127.0.0.1"])
async def test_a_server_that_no_proxy_is_for_is_asked_itself(
    asking: Asking, names: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D7, F5."""
    async with strange(reply(200, BOTH)) as server, strange(reply(502, "")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", names)
        assert await asking(server.url, tmp_path)
    assert proxy.asked == []


async def test_what_comes_through_a_proxy_is_bounded_in_size(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8."""
    async with strange(endless) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(UnexpectedAnswer, match="more than 50000 bytes"):
            await asking("http://inside.invalid", tmp_path)


async def test_a_proxy_that_does_not_answer_is_not_waited_for(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8."""
    async with strange(never) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        with pytest.raises(TransientError):
            await asking("https://inside.invalid", tmp_path)


@pytest.mark.parametrize("address", ["gopher://me:pw-of-proxy@proxy.test", "socks5://me:pw-of-proxy@proxy.test"])
async def test_a_proxy_that_cannot_be_used_is_named_by_its_variables_and_its_password_is_not_told(
    asking: Asking, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8."""
    monkeypatch.setenv("ALL_PROXY", address)
    with pytest.raises(ConfigurationError, match=r"HTTP_PROXY, HTTPS_PROXY and ALL_PROXY") as told:
        await asking("http://inside.invalid", tmp_path)
    assert "pw-of-proxy" not in str(told.value)
