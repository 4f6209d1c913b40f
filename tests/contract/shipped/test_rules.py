"""The shipped rules, and that Prometheus' own program finds them right (S1, T1)."""

import re
from pathlib import Path

import pytest
import yaml

from steadyhand.domain.incident import Severity
from steadyhand.profile import Chat, Intake
from steadyhand.stack import monitoring

from .counting import counters, of
from .files import EVERY_RULE, PROMETHEUS, RULES, Rule, rules_of
from .programs import run, said

by_name = pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.name)

_LIMIT = re.compile(r" > ([\d.]+)$")


def test_a_missing_program_is_a_failure_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that cannot fail is a defect; so is one that is left out in silence."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match=r"promtool is not on PATH; on Debian .* package prometheus"):
        run("promtool", "--version")


def test_promtool_accepts_the_configuration_and_both_files_of_rules() -> None:
    """S1, T1."""
    words = said("promtool", "check", "config", PROMETHEUS)
    assert "2 rule files found" in words
    for path in RULES:
        assert f"SUCCESS: {len(rules_of(path))} rules found" in said("promtool", "check", "rules", path)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_every_alert_fires_when_it_must_and_is_silent_when_it_must(path: Path) -> None:
    """S1, T1: on births, single samples, resets, gaps and churn, among others."""
    tests = path.with_name(path.name.replace(".rules.", ".rules.test."))
    assert "SUCCESS" in said("promtool", "test", "rules", tests)


@by_name
def test_every_alert_is_shown_to_fire_and_to_be_silent(rule: Rule) -> None:
    """An alert without both halves is not tested."""
    cases = yaml.safe_load(rule.tests.read_text())["tests"]
    expected = [check["exp_alerts"] for case in cases for check in case["alert_rule_test"]]
    mine = [
        check["exp_alerts"] for case in cases for check in case["alert_rule_test"] if check["alertname"] == rule.name
    ]
    assert any(mine), f"{rule.name} never fires in {len(expected)} checks"
    assert not all(mine), f"{rule.name} is never silent in {len(expected)} checks"


@by_name
def test_every_alert_says_where_whose_how_bad_and_what(rule: Rule) -> None:
    """F1: the channel follows from the team; F2: environment and service make the incident."""
    assert re.search(r"by \(environment, service[,)]", rule.expression)
    assert rule.fields["labels"]["severity"] in set(Severity)
    assert rule.fields["labels"]["team"] in {*Chat().team_channels, Intake().default_team}
    assert set(rule.fields["annotations"]) == {"summary", "description"}
    for missing in re.findall(r"\babsent\(([^)]*)\)", rule.expression):
        assert 'environment="' in missing
        assert f'service="{rule.service}"' in missing


@by_name
def test_every_counter_is_counted_in_the_one_way_that_is_right(rule: Rule) -> None:
    """The copies of a count do not drift apart, and no counter stands outside one."""
    rest = rule.expression
    for counter in counters(rule):
        assert of(counter) in rest
        rest = rest.replace(of(counter), "counted")
    assert not re.search(r"_total\b|_bucket\b|_count\b|\b(?:rate|irate|increase|delta|idelta)\b", rest), rest


def test_every_target_carries_environment_and_service() -> None:
    """F2: attached where they are scraped, with the service that the rules ask for."""
    jobs = yaml.safe_load(PROMETHEUS.read_text())["scrape_configs"]
    labels = {job["job_name"]: [target["labels"] for target in job["static_configs"]] for job in jobs}
    assert labels == {
        service: [{"environment": "production", "service": service}] for service in ("orchestrator", "steadyhand")
    }


def test_a_rehearsal_counts_as_is_shipped_only_sooner(tmp_path: Path) -> None:
    """What fires in a rehearsal fires in production: the same branches, with windows short enough to watch."""
    monitoring.prometheus(tmp_path / "p", port=1, alertmanager_port=2, target="127.0.0.1:3", rules=RULES[0])
    quick = tmp_path / "p/orchestrator.rules.yml"
    said("promtool", "check", "rules", quick)
    shipped, rehearsed = rules_of(RULES[0]), rules_of(quick)
    assert [rule.name for rule in rehearsed] == [rule.name for rule in shipped]
    for rule in rehearsed:
        assert set(re.findall(r"\b\d+[smh]\b", rule.expression)) <= {"15s", "20s", "2m"}
        assert "- 300" not in rule.expression
    limits = {rule.name: _LIMIT.findall(rule.expression) for rule in shipped}
    assert {rule.name: _LIMIT.findall(rule.expression) for rule in rehearsed} == limits | {"ToolLatencyHigh": ["0.2"]}
