"""Who is told of which alert by the shipped Alertmanager configuration, as Alertmanager's own program says (T1)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from steadyhand.domain.incident import Environment
from steadyhand.profile import Receiver

from .files import ALERTMANAGER, EVERY_RULE, Rule
from .programs import said

RUNBOOK = {"service": "orchestrator", "team": "ops-memory"}


def told(labels: Mapping[str, str], config: Path = ALERTMANAGER) -> str:
    """The receivers of an alert with these labels."""
    pairs = [f"{name}={value}" for name, value in labels.items()]
    words = said("amtool", "config", "routes", "test", f"--config.file={config}", *pairs)
    return words.splitlines()[-1].strip()


def hook() -> dict[str, Any]:
    """The webhook that leads to us."""
    receivers = yaml.safe_load(ALERTMANAGER.read_text())["receivers"]
    (ours,) = [receiver for receiver in receivers if receiver["name"] == "steadyhand"]
    (found,) = ours["webhook_configs"]
    assert isinstance(found, dict)
    return found


def test_amtool_accepts_the_configuration() -> None:
    """T1."""
    assert "SUCCESS" in said("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.name)
def test_every_alert_goes_where_it_belongs(rule: Rule, environment: Environment) -> None:
    """T1: the runbook's to Steadyhand; those about Steadyhand to people, for it may be what is down."""
    assert told(rule.labels(environment)) == {"orchestrator": "steadyhand", "steadyhand": "people"}[rule.service]


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"team": "ops-memory"}, "steadyhand"),
        ({"team": "ops-orchestrator", "service": "orchestrator", "environment": "unheard-of"}, "steadyhand"),
        ({"alertname": "DiskFull", "team": "infrastructure", "service": "billing"}, "people"),
        ({"team": "ops-memory", "service": "planner"}, "steadyhand"),
        ({"team": "ops-memory-2", "service": "orchestrator"}, "steadyhand"),
        ({"service": "orchestrator"}, "steadyhand"),
        ({"team": "ops-memory-2", "service": "billing"}, "people"),
        ({"alertname": "Watchdog"}, "people"),
    ],
)
def test_a_foreign_alert_is_not_ours(labels: dict[str, str], receiver: str) -> None:
    """T1: the runbook's teams and the orchestrator are ours, whatever else the alert says; all else is not."""
    assert told(labels) == receiver


def test_without_its_own_route_steadyhands_alerts_would_come_to_it(tmp_path: Path) -> None:
    """A check that cannot fail is a defect."""
    config = yaml.safe_load(ALERTMANAGER.read_text())
    mine = {"alertname": "SteadyhandDown", "service": "steadyhand", "team": "ops-orchestrator"}
    assert told(mine) == "people"
    del config["route"]["routes"][0]
    (tmp_path / "none.yml").write_text(yaml.safe_dump(config))
    assert told(mine, tmp_path / "none.yml") == "steadyhand"


def test_the_webhook_is_as_the_receiver_needs_it() -> None:
    """T1: a redirect counts as delivered, a limit cuts alerts off, and the token stands in a file."""
    found = hook()
    http = found["http_config"]
    assert (found["max_alerts"], found["send_resolved"], http["follow_redirects"]) == (0, True, False)
    assert http["authorization"] == {"credentials_file": "/etc/alertmanager/steadyhand.token"}
    assert found["url"] == f"http://{Receiver().host}:{Receiver().port}/v1/alertmanager"


def test_one_group_is_one_incident_told_quickly() -> None:
    """F2, T1: no route below groups or waits otherwise."""
    route = yaml.safe_load(ALERTMANAGER.read_text())["route"]
    assert (route["group_by"], route["group_wait"], route["group_interval"]) == (["environment", "service"], "5s", "1m")
    assert all(not below.keys() & {"group_by", "group_wait", "group_interval"} for below in route["routes"])


def uncommented(lines: list[str], key: str) -> Iterator[str]:
    """The configuration with the commented block of this key in force."""
    within = False
    for line in lines:
        inner = re.fullmatch(r"( +)# (( *)\S.*)", line)
        starts = inner is not None and inner[2] == f"{key}:"
        within = starts or (within and inner is not None and bool(inner[3]))
        yield inner[1] + inner[2] if within and inner else line


@pytest.mark.parametrize("key", ["basic_auth", "tls_config"])
def test_what_stands_there_as_a_comment_is_accepted_too(tmp_path: Path, key: str) -> None:
    """Basic authentication in place of the token, and a client certificate with it."""
    text = "\n".join(uncommented(ALERTMANAGER.read_text().splitlines(), key))
    config = yaml.safe_load(text)
    http = config["receivers"][0]["webhook_configs"][0]["http_config"]
    assert len(http[key]) >= 2
    if key == "basic_auth":
        del http["authorization"]
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(config))
    assert "SUCCESS" in said("amtool", "check-config", tmp_path / "alertmanager.yml")
