"""What holds, and seldom means what was wished for."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from steadyhand.domain.incident import Environment
from steadyhand.profile import Profile, load_profile
from steadyhand.profile.advice import Advice, advice
from steadyhand.profile.coverage import unconfigured
from steadyhand.profile.machine import missing_here
from steadyhand.profile.problems import dotted
from tests.unit.profile.files import profile_file

PEOPLE = "[approvals.people]\nada.totp = { env = 'A' }\ngrace.totp = { env = 'A' }\n"


def told(found: Iterable[Advice]) -> list[tuple[str, str]]:
    """Keys and messages."""
    return [(dotted(one.key), one.message) for one in found]


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("[prometheus]\nspike_window_seconds = 59", "prometheus.spike_window_seconds", "fewer than 4 scrapes"),
        ("[prometheus]\nbaseline_window_seconds = 59", "prometheus.baseline_window_seconds", "one every 15 s"),
        ("[mitigation]\nverify_window_seconds = 59", "mitigation.verify_window_seconds", "fewer than 4 scrapes"),
        ("[mitigation]\nsettle_seconds = 300", "mitigation.settle_seconds", "no change can be proven"),
        (
            "[environments.staging.prometheus]\nspike_window_seconds = 9",
            "environments.staging.prometheus.spike_window_seconds",
            "fewer than 4 scrapes",
        ),
        (
            "[prometheus.tool_latency]\nexpression = 'x{{selector}}'",
            "prometheus.tool_latency.expression",
            "has no {window}",
        ),
        ("[prometheus]\nservice_label = 'environment'", "prometheus.environment_label", "names the service too"),
        ("[environments.staging]\ncheckout = '/srv/code'", "environments.staging.checkout", "has no {release}"),
        ("[environments.staging]\ncheckout = '/{release}/{sha}'", "environments.staging.checkout", "{sha} is not"),
        ("[approvals.people.ada]\ntotp = { env = 'A' }\nenvironments = []", "approvals.people.ada.environments", "no"),
        (
            "[chat]\nchannels = { '#ops-memory' = [] }",
            "chat.default_channel",
            "#ops-orchestrator has no addresses under chat.channels",
        ),
        (
            "[chat.channels]\n'#ops-memory' = []\n'#ops-orchestrator' = []\n'#x' = []",
            'chat.channels."#x"',
            "nothing is sent there",
        ),
    ],
)
def test_what_is_worth_a_second_look_is_named_by_its_key(tmp_path: Path, text: str, key: str, said: str) -> None:
    ((found, message),) = told(advice(load_profile(profile_file(tmp_path, text))))
    assert found == key
    assert said in message


def test_people_with_one_secret_between_them_are_both_named(tmp_path: Path) -> None:
    """The record of who said yes would be worth nothing."""
    found = advice(load_profile(profile_file(tmp_path, PEOPLE)))
    assert [dotted(one.key) for one in found] == ["approvals.people.ada.totp", "approvals.people.grace.totp"]


def test_environments_with_one_address_are_both_named(tmp_path: Path) -> None:
    text = "[environments.staging]\nurl = 'http://o:1'\n[environments.production]\nurl = 'http://o:1/'\n"
    found = advice(load_profile(profile_file(tmp_path, text)))
    assert told(found) == [
        ("environments.staging.url", "is the address of production too"),
        ("environments.production.url", "is the address of staging too"),
    ]


def test_the_defaults_need_no_advice() -> None:
    assert advice(Profile()) == ()
    assert missing_here(Profile()) == ()


def test_secrets_that_are_not_here_are_named_once_where_they_are_written(tmp_path: Path) -> None:
    text = f"""\
[jenkins]
token = {{ env = "NOT_SET_HERE" }}
[environments.staging.jenkins]
timeout_seconds = 3
[receiver]
token = {{ file = "{tmp_path}/gone" }}
[github]
token = {{ block = "never-asked" }}
[prefect]
api_url = "http://127.0.0.1:9/api"
"""
    found = told(missing_here(load_profile(profile_file(tmp_path, text))))
    assert sorted(key for key, _ in found) == ["jenkins.token", "receiver.token"]
    assert (
        dict(found)["jenkins.token"] == "here, the secret in the environment variable NOT_SET_HERE is empty or not set"
    )


@pytest.mark.parametrize(
    ("secret", "said"),
    [("JBSWY3DPEHPK3PXP", []), ("jbsw y3dp ehpk 3pxp", []), ("not base32!", ["approvals.people.ada.totp"])],
)
def test_a_one_time_secret_is_base32(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: str, said: list[str]
) -> None:
    monkeypatch.setenv("ADA", secret)
    profile = load_profile(profile_file(tmp_path, "approvals.people.ada.totp = { env = 'ADA' }\n"))
    found = told(missing_here(profile))
    assert [key for key, _ in found] == said
    assert secret not in str(found)


def test_a_variable_that_overrides_nothing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEADYHAND_PROMETEUS__URL", "http://p")
    monkeypatch.setenv("STEADYHAND_OWN_TOKEN", "referred to")
    profile = load_profile(profile_file(tmp_path, "receiver.token = { env = 'STEADYHAND_OWN_TOKEN' }\n"))
    ((_, message),) = told(missing_here(profile))
    assert "STEADYHAND_PROMETEUS__URL overrides nothing" in message


def test_what_is_not_configured_is_named_with_its_line_of_the_runbook() -> None:
    """Rule 4: unknown is said before the incident too."""
    text = "\n".join(unconfigured(Profile(), Environment.STAGING))
    for requirement in ("F3", "F5", "D1", "D2", "D3", "D6", "D7", "M1", "M4", "C1", "P2"):
        assert requirement in text


def test_a_whole_profile_leaves_nothing_unknown(tmp_path: Path) -> None:
    text = """\
[environments.staging]
checkout = "/srv/{release}"
deployer.kind = "kubernetes"
[environments.staging.logs.source]
kind = "file"
path = "/log"
[environments.staging.jenkins]
url = "http://j"
[environments.staging.github]
repository = "a/b"
[orchestrator.service_token]
kind = "bearer"
secret = { env = "T" }
[chat.channels]
"#ops" = [{ env = "C" }]
[approvals.people.ada]
totp = { env = "A" }
"""
    assert unconfigured(load_profile(profile_file(tmp_path, text)), Environment.STAGING) == ()
