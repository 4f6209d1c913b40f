"""The runbook's names as defaults, the file, and the environment over it."""

from pathlib import Path

import pytest

from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError
from steadyhand.profile import load_profile
from tests.unit.profile.files import profile_file


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
    monkeypatch.setenv("STEADYHAND_PROFILE", str(profile_file(tmp_path, 'commander = "grace"')))
    assert load_profile().commander == "grace"


def test_the_environment_overrides_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADYHAND_PROMETHEUS__URL", "http://prom:9")
    assert load_profile().prometheus.url == "http://prom:9"


def test_the_environment_overrides_the_file_and_leaves_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = profile_file(tmp_path, '[prometheus]\nurl = "http://file:1"\ntimeout_seconds = 3\n')
    monkeypatch.setenv("STEADYHAND_PROMETHEUS__URL", "http://prom:9")
    profile = load_profile(file)
    assert (profile.prometheus.url, profile.prometheus.timeout_seconds) == ("http://prom:9", 3)


def test_production_may_not_be_approved_by_policy(tmp_path: Path) -> None:
    """Rule 1."""
    with pytest.raises(ConfigurationError, match="production is approved by a person"):
        load_profile(profile_file(tmp_path, '[environments.production]\napproval = "policy"\n'))


def test_production_may_not_be_approved_by_policy_from_the_environment_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 1: an override at hand does not get around it."""
    monkeypatch.setenv("STEADYHAND_ENVIRONMENTS", '{"production": {"approval": "policy"}}')
    with pytest.raises(ConfigurationError, match="production is approved by a person"):
        load_profile()


def test_staging_may_be_approved_by_policy(tmp_path: Path) -> None:
    profile = load_profile(profile_file(tmp_path, '[environments.staging]\napproval = "policy"\n'))
    assert profile.environment(Environment.STAGING).approval == "policy"


def test_an_environment_the_profile_leaves_out_is_named(tmp_path: Path) -> None:
    profile = load_profile(profile_file(tmp_path, '[environments.staging]\nurl = "http://s"\n'))
    with pytest.raises(ConfigurationError, match=r"\[environments.production\]"):
        profile.environment(Environment.PRODUCTION)


def test_every_secret_has_the_address_of_the_prefect_server_named_in_the_profile(tmp_path: Path) -> None:
    """A block is asked for where the profile says, not where a default says."""
    text = '[prefect]\napi_url = "http://prefect.test:1/api"\n[receiver]\ntoken = { block = "t" }\n'
    token = load_profile(profile_file(tmp_path, text)).receiver.token
    assert token is not None
    with pytest.raises(ConfigurationError, match=r"prefect\.test:1"):
        token.resolve()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[prometheus.task_completion]\nthreshold = 0.5\n", "prometheus.task_completion.expression"),
        ('[prometheus.tool_latency]\nexpression = "x{{selector}}[{window}]"\n', "prometheus.tool_latency.threshold"),
        ("[suites.regression]\ntimeout_seconds = 900\n", "suites.regression.arguments"),
        ('[orchestrator.routes]\nhealth = "/healthz"\n', "orchestrator.routes.task"),
    ],
)
def test_a_table_given_in_part_keeps_the_rest_of_its_default(tmp_path: Path, text: str, kept: str) -> None:
    found, default = load_profile(profile_file(tmp_path, text)), load_profile()
    assert found.model_dump() != default.model_dump()
    for name in kept.split("."):
        found, default = getattr(found, name), getattr(default, name)
    assert found == default
