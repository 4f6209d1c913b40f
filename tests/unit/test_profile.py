"""The profile: the runbook's names as defaults, and messages that say what to change."""

from pathlib import Path

import pytest

from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError
from steadyhand.profile import SecretRef, load_profile


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `steadyhand.toml` lies in the working directory."""
    monkeypatch.chdir(tmp_path)


def written(path: Path, text: str) -> Path:
    """A profile file with this text."""
    file = path / "mine.toml"
    file.write_text(text)
    return file


def test_everything_has_a_default() -> None:
    """The runbook's names hold with nothing configured."""
    profile = load_profile()
    assert set(profile.environments) == set(Environment)
    assert profile.orchestrator.routes.health == "/api/v1/health"
    assert profile.orchestrator.planner_variable == "PLANNING__ENABLED"
    assert profile.prometheus.planner_failures == "planner_contract_failure_total"
    assert profile.channel("ops-memory") == "#ops-memory"
    assert profile.channel("whoever") == "#ops-orchestrator"
    assert all(e.approval == "person" for e in profile.environments.values())


def test_a_profile_in_the_working_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / "steadyhand.toml").write_text('commander = "ada"')
    assert load_profile().commander == "ada"


def test_the_profile_named_by_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEADYHAND_PROFILE", str(written(tmp_path, 'commander = "grace"')))
    assert load_profile().commander == "grace"


def test_the_environment_overrides_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADYHAND_PROMETHEUS__URL", "http://prom:9")
    assert load_profile().prometheus.url == "http://prom:9"


def test_the_environment_overrides_the_file_and_leaves_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = written(tmp_path, '[prometheus]\nurl = "http://file:1"\ntimeout_seconds = 3\n')
    monkeypatch.setenv("STEADYHAND_PROMETHEUS__URL", "http://prom:9")
    profile = load_profile(file)
    assert (profile.prometheus.url, profile.prometheus.timeout_seconds) == ("http://prom:9", 3)


@pytest.mark.parametrize(
    ("text", "where", "near"),
    [
        ('[prometheus]\nurll = "x"\n', "prometheus.urll", "'url'"),
        ("[mitigations]\n", "mitigations", "'mitigation'"),
        ("[mitigation]\nsettle_second = 3\n", "mitigation.settle_second", "'settle_seconds'"),
        ('[environments.staging]\naproval = "policy"\n', "environments.staging.aproval", "'approval'"),
        ('[orchestrator.routes]\nhelth = "/h"\n', "orchestrator.routes.helth", "'health'"),
    ],
)
def test_a_misspelt_key_names_the_nearest_known_one(tmp_path: Path, text: str, where: str, near: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        load_profile(file)
    message = str(caught.value)
    assert str(file) in message
    assert f"{where}: there is no such key; did you mean {near}?" in message


def test_production_may_not_be_approved_by_policy(tmp_path: Path) -> None:
    """Rule 1."""
    with pytest.raises(ConfigurationError, match="production is approved by a person"):
        load_profile(written(tmp_path, '[environments.production]\napproval = "policy"\n'))


def test_production_may_not_be_approved_by_policy_from_the_environment_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 1: an override at hand does not get around it."""
    monkeypatch.setenv("STEADYHAND_ENVIRONMENTS", '{"production": {"approval": "policy"}}')
    with pytest.raises(ConfigurationError, match="production is approved by a person"):
        load_profile()


def test_staging_may_be_approved_by_policy(tmp_path: Path) -> None:
    profile = load_profile(written(tmp_path, '[environments.staging]\napproval = "policy"\n'))
    assert profile.environment(Environment.STAGING).approval == "policy"


def test_an_environment_the_profile_leaves_out_is_named(tmp_path: Path) -> None:
    profile = load_profile(written(tmp_path, '[environments.staging]\nurl = "http://s"\n'))
    with pytest.raises(ConfigurationError, match=r"\[environments.production\]"):
        profile.environment(Environment.PRODUCTION)


def test_an_unknown_environment_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"environments\.qa.*'staging' or 'production'"):
        load_profile(written(tmp_path, '[environments.qa]\nurl = "http://q"\n'))


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    file = written(tmp_path, "commander = \n")
    with pytest.raises(ConfigurationError, match=r"mine\.toml is not valid TOML: .*line 1"):
        load_profile(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no profile at .*gone\.toml; name another with --profile"):
        load_profile(tmp_path / "gone.toml")


def test_a_value_of_the_wrong_kind_names_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"receiver\.port: "):
        load_profile(written(tmp_path, '[receiver]\nport = "no"\n'))


def test_a_secret_must_stand_in_one_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="exactly one of"):
        load_profile(written(tmp_path, '[receiver]\ntoken = { env = "A", file = "b" }\n'))


def test_a_missing_secret_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    with pytest.raises(ConfigurationError, match="the environment variable NO_SUCH_SECRET is empty or not set"):
        SecretRef(env="NO_SUCH_SECRET").resolve()


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"the file .*gone: No such file"):
        SecretRef(file=tmp_path / "gone").resolve()


def test_an_empty_secret_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    with pytest.raises(ConfigurationError, match="empty is empty or not set"):
        SecretRef(file=tmp_path / "empty").resolve()


def test_a_secret_is_stripped_and_never_printed(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("hush\n")
    secret = SecretRef(file=tmp_path / "s").resolve()
    assert secret.get_secret_value() == "hush"
    assert "hush" not in repr(secret)
