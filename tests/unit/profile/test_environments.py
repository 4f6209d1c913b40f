"""One profile, two environments: what is shared, what differs, and what variables override."""

from pathlib import Path

import pytest

from steadyhand.domain.incident import Environment
from steadyhand.profile import EnvironmentProfile, HeaderToken, LokiLogs, Orchestrator, Profile, SecretRef, load_profile
from tests.unit.profile.files import profile_file

STAGING, PRODUCTION = Environment.STAGING, Environment.PRODUCTION
BOTH = "[environments.production]\n[environments.staging]\n"
SHARED = """\
[prometheus]
url = "http://shared:9090"
environment_label = "env"
[prometheus.task_completion]
threshold = 0.2
[orchestrator]
timeout_seconds = 7
service_token = { kind = "bearer", secret = { env = "A" } }
[logs]
window_seconds = 60
source = { kind = "file", path = "/log" }
[jenkins]
token = { env = "J" }
"""


def within(directory: Path, own: str, name: Environment = STAGING) -> Profile:
    """The shared tables with these of an environment, as they hold there."""
    return load_profile(profile_file(directory, SHARED + own)).within(name)


def test_an_environments_table_overrides_key_by_key_and_keeps_the_rest(tmp_path: Path) -> None:
    own = '[environments.staging.prometheus]\nurl = "http://own:1"\ntask_completion.threshold = 0.3\n'
    here = within(tmp_path, own).prometheus
    assert (here.url, here.environment_label, here.task_completion.threshold) == ("http://own:1", "env", 0.3)
    assert here.task_completion.expression == Profile().prometheus.task_completion.expression


def test_the_other_environment_and_the_shared_table_stay_as_they_are(tmp_path: Path) -> None:
    own = '[environments.staging.prometheus]\nurl = "http://own:1"\n[environments.production]\n'
    assert within(tmp_path, own, PRODUCTION).prometheus.url == "http://shared:9090"
    assert load_profile(tmp_path / "mine.toml").prometheus.url == "http://shared:9090"


def test_a_table_of_another_kind_replaces_the_shared_one_wholly(tmp_path: Path) -> None:
    own = """\
[environments.staging.logs]
source = { kind = "loki", url = "http://loki:1" }
[environments.staging.orchestrator]
service_token = { kind = "header", secret = { env = "B" }, header = "X-Own" }
"""
    here = within(tmp_path, own)
    assert here.logs.source == LokiLogs(url="http://loki:1")
    assert here.logs.window_seconds == 60
    assert isinstance(here.orchestrator.service_token, HeaderToken)
    assert here.orchestrator.timeout_seconds == 7


def test_a_table_of_the_same_kind_keeps_the_rest(tmp_path: Path) -> None:
    source = within(tmp_path, "[environments.staging.logs.source]\nmax_bytes = 5\n").logs.source
    assert source is not None
    assert source.model_dump(mode="json") == {"kind": "file", "path": "/log", "max_bytes": 5}


def test_a_reference_to_a_secret_is_replaced_wholly(tmp_path: Path) -> None:
    """Half of one reference and half of another would be none."""
    here = within(tmp_path, '[environments.staging.jenkins]\ntoken = { file = "/t" }\n')
    assert here.jenkins.token is not None
    assert here.jenkins.token.model_dump(exclude_none=True) == {"file": Path("/t")}


def test_lists_are_replaced_and_not_joined(tmp_path: Path) -> None:
    here = within(tmp_path, '[environments.staging.github]\njobs = ["one"]\n[github]\njobs = ["two", "three"]\n')
    assert here.github.jobs == ("one",)


def test_an_environment_without_tables_of_its_own_has_the_shared_ones(tmp_path: Path) -> None:
    here = within(tmp_path, BOTH)
    assert here.prometheus == load_profile(tmp_path / "mine.toml").prometheus


def test_an_environment_without_a_url_has_the_orchestrators(tmp_path: Path) -> None:
    text = '[orchestrator]\nurl = "http://all:1"\n[environments.production]\nurl = "http://own:1"\n'
    profile = load_profile(profile_file(tmp_path, text + "[environments.staging]\n"))
    assert {str(name): own.url for name, own in profile.environments.items()} == {
        "production": "http://own:1",
        "staging": "http://all:1",
    }


def test_an_environments_own_orchestrator_table_names_its_url_too(tmp_path: Path) -> None:
    text = '[orchestrator]\nurl = "http://all:1"\n[environments.staging.orchestrator]\nurl = "http://own:1"\n'
    assert load_profile(profile_file(tmp_path, text)).environment(STAGING).url == "http://own:1"


def test_without_environments_both_have_the_orchestrators_url(tmp_path: Path) -> None:
    profile = load_profile(profile_file(tmp_path, '[orchestrator]\nurl = "http://all:1"\n'))
    assert [own.url for own in profile.environments.values()] == ["http://all:1", "http://all:1"]


def test_profiles_made_in_code_follow_the_same_rule() -> None:
    orchestrator = Orchestrator(url="http://all:1")
    own = {PRODUCTION: EnvironmentProfile(url="http://own:1"), STAGING: EnvironmentProfile()}
    profile = Profile(orchestrator=orchestrator, environments=own)
    assert [profile.environment(name).url for name in (PRODUCTION, STAGING)] == ["http://own:1", "http://all:1"]
    assert {own.url for own in Profile(orchestrator=orchestrator).environments.values()} == {"http://all:1"}


def test_the_orchestrators_url_is_overridden_by_a_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The example of the issue: `STEADYHAND_ORCHESTRATOR__URL`, with and without a file."""
    monkeypatch.setenv("STEADYHAND_ORCHESTRATOR__URL", "http://variable:1")
    assert {own.url for own in load_profile().environments.values()} == {"http://variable:1"}
    text = '[orchestrator]\nurl = "http://all:1"\n[environments.production]\nurl = "http://own:1"\n'
    profile = load_profile(profile_file(tmp_path, text + "[environments.staging]\n"))
    assert profile.environment(PRODUCTION).url == "http://own:1"
    assert profile.environment(STAGING).url == "http://variable:1"


@pytest.mark.parametrize(
    ("variable", "value", "key", "expected"),
    [
        ("STEADYHAND_ENVIRONMENTS__STAGING__PROMETHEUS__URL", "http://v:1", "prometheus.url", "http://v:1"),
        ("STEADYHAND_ORCHESTRATOR__TIMEOUT_SECONDS", "2.5", "orchestrator.timeout_seconds", 2.5),
        ("STEADYHAND_ORCHESTRATOR__ROUTES__HEALTH", "/h", "orchestrator.routes.health", "/h"),
        ("STEADYHAND_SUITES__REGRESSION__ARGUMENTS", '["a", "b"]', "suites.regression.arguments", ("a", "b")),
        ("STEADYHAND_PROMETHEUS__TASK_COMPLETION__THRESHOLD", "0.5", "prometheus.task_completion.threshold", 0.5),
        ("STEADYHAND_LOGS__SOURCE__MAX_BYTES", "9", "logs.source.max_bytes", 9),
        ("STEADYHAND_CHAT__TEAM_CHANNELS", '{"a": "#a"}', "chat.team_channels", {"a": "#a"}),
        ("STEADYHAND_COMMANDER", "grace", "commander", "grace"),
        ("steadyhand_commander", "grace", "commander", "grace"),
    ],
)
def test_single_values_are_overridden_by_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str, key: str, expected: object
) -> None:
    monkeypatch.setenv(variable, value)
    found: object = within(tmp_path, BOTH)
    for name in key.split("."):
        found = getattr(found, name)
    assert found == expected


def test_a_variable_names_another_place_for_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file's reference does not stay beside it."""
    file = profile_file(tmp_path, '[receiver]\ntoken = { file = "/t" }\n')
    for variable, value in (("STEADYHAND_RECEIVER__TOKEN", '{"env": "T"}'), ("STEADYHAND_RECEIVER__TOKEN__ENV", "T")):
        with monkeypatch.context() as patched:
            patched.setenv(variable, value)
            token = load_profile(file).receiver.token
        assert isinstance(token, SecretRef)
        assert token.model_dump(exclude_none=True) == {"env": "T"}


def test_a_variable_brings_a_deployer_of_another_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deployer = "environments.staging.deployer = { kind = 'command', state = ['s'], apply = ['a'] }\n"
    file = profile_file(tmp_path, deployer)
    monkeypatch.setenv("STEADYHAND_ENVIRONMENTS__STAGING__DEPLOYER__KIND", "kubernetes")
    monkeypatch.setenv("STEADYHAND_ENVIRONMENTS__STAGING__DEPLOYER__NAMESPACE", "blue")
    found = load_profile(file).environment(STAGING).deployer
    assert found is not None
    assert (found.kind, getattr(found, "namespace", None)) == ("kubernetes", "blue")


def test_a_variable_for_one_environment_leaves_the_files_other_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STEADYHAND_ENVIRONMENTS__STAGING__URL", "http://v:1")
    profile = load_profile(profile_file(tmp_path, BOTH + "[orchestrator]\nurl = 'http://all:1'\n"))
    assert [own.url for own in profile.environments.values()].count("http://v:1") == 1
    assert profile.environment(PRODUCTION).url == "http://all:1"
