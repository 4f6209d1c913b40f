"""What the profile takes for the doors, and what it refuses with its line."""

from pathlib import Path

import pytest

from steadyhand.profile import load_profile
from tests.unit.profile.files import problem_of, profile_file


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("tls.certificate = 'a'", "receiver.tls", "go together"),
        ("tls.key = 'a'", "receiver.tls", "go together"),
        ("tls.client_ca = 'a'", "receiver.tls.client_ca", "over TLS only"),
        ("basic_user = 'a:b'", "receiver.basic_user", "has not the form"),
        ("basic_user = 'a b'", "receiver.basic_user", "has not the form"),
        ("admin.token = 'the secret itself'", "receiver.admin.token", "never the secret itself"),
        ("approvals.tokens = { env = 'A' }", "receiver.approvals.tokens", "did you mean 'token'?"),
    ],
)
def test_what_cannot_work_is_refused_with_its_line(tmp_path: Path, text: str, key: str, said: str) -> None:
    problem = problem_of(tmp_path, f"[receiver]\n{text}\n")
    assert (problem.key, problem.line) == (key, 2)
    assert said in problem.message


def test_a_token_alone_is_a_whole_profile_as_it_always_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the file, and from the environment as `steadyhand up` passes it on."""
    file = profile_file(tmp_path, "[receiver]\nport = 1\ntoken = { file = 'a' }\nadmin.token = { env = 'B' }\n")
    assert str(load_profile(file).receiver.token) == "env=None file=PosixPath('a') block=None"
    monkeypatch.setenv("STEADYHAND_RECEIVER__TOKEN", '{"file": "/made/by/up"}')
    receiver = load_profile(file).receiver
    assert receiver.token is not None
    assert (receiver.port, receiver.token.file) == (1, Path("/made/by/up"))
    assert receiver.admin.token is not None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", "http://127.0.0.1:8420"),
        ("host = '::1'", "http://[::1]:8420"),
        ("tls = { certificate = 'a', key = 'b' }", "https://127.0.0.1:8420"),
    ],
)
def test_where_it_is_reached(tmp_path: Path, text: str, address: str) -> None:
    assert load_profile(profile_file(tmp_path, f"[receiver]\n{text}\n")).receiver.address == address
