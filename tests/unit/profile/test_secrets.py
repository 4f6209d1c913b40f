"""Secrets stand in the profile by reference, and are read when they are needed."""

from pathlib import Path

import pytest

from steadyhand.errors import ConfigurationError
from steadyhand.profile import SecretRef


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    with pytest.raises(ConfigurationError, match="the environment variable NO_SUCH_SECRET is empty or not set"):
        SecretRef(env="NO_SUCH_SECRET").resolve()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"the file .*gone: No such file"):
        SecretRef(file=tmp_path / "gone").resolve()


@pytest.mark.parametrize(("content", "said"), [(b" \n", "is empty or not set"), (b"\xff\xfe\x00", "it is no text")])
def test_a_file_without_a_secret_in_it_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(ConfigurationError, match=said):
        SecretRef(file=tmp_path / "s").resolve()


def test_a_secret_is_stripped_and_never_printed(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("hush\n")
    reference = SecretRef(file=tmp_path / "s")
    secret = reference.resolve()
    assert secret.get_secret_value() == "hush"
    assert "hush" not in f"{secret!r} {reference!r} {reference.model_dump_json()}"
