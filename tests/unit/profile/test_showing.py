"""The profile as it holds, shown."""

import json
from pathlib import Path

import pytest

from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError
from steadyhand.profile import load_profile
from steadyhand.profile.showing import as_profile, effective
from steadyhand.profile.writing import written
from tests.unit.profile.files import profile_file
from tests.unit.profile.test_writing import uncommented


def test_what_is_shown_is_a_profile_that_says_the_same(tmp_path: Path) -> None:
    before = load_profile(profile_file(tmp_path, uncommented(written())))
    again = load_profile(profile_file(tmp_path, as_profile(effective(before))))
    assert again.model_dump() == before.model_dump()


def test_an_environment_is_shown_with_its_own_tables_in_place_of_the_shared_ones(tmp_path: Path) -> None:
    text = "[prometheus]\nurl = 'http://a'\n[environments.staging.prometheus]\nurl = 'http://b'\n"
    shown = effective(load_profile(profile_file(tmp_path, text)), Environment.STAGING)
    assert shown["prometheus"]["url"] == "http://b"
    assert shown["environments"] == {"staging": {"url": "http://127.0.0.1:8000", "approval": "person"}}
    with pytest.raises(ConfigurationError, match=r"no \[environments\.production\]"):
        effective(load_profile(tmp_path / "mine.toml"), Environment.PRODUCTION)


def test_secrets_are_shown_as_references_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RECEIVER", "hush")
    profile = load_profile(profile_file(tmp_path, "receiver.token = { env = 'RECEIVER' }\n"))
    assert profile.receiver.token is not None
    profile.receiver.token.resolve()
    for shown in (as_profile(effective(profile)), json.dumps(effective(profile))):
        assert "RECEIVER" in shown
        assert "hush" not in shown
