"""What we ship for Prometheus and Alertmanager is accepted by their own tools and holds what the receiver needs."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from steadyhand.profile import Receiver
from steadyhand.stack import monitoring

DEPLOYMENTS = Path(__file__).parents[3] / "deployments"
RULES = DEPLOYMENTS / "prometheus/orchestrator.rules.yml"
ROUTES = DEPLOYMENTS / "alertmanager/alertmanager.yml"


def said(*command: str | Path) -> str:
    """What a tool says; it must be content."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def rules(text: str) -> dict[str, dict[str, str]]:
    """Every rule by the name of its alert."""
    return {rule["alert"]: rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]}


def test_promtool_accepts_the_shipped_rules() -> None:
    """T1."""
    assert f"SUCCESS: {len(rules(RULES.read_text()))} rules found" in said("promtool", "check", "rules", RULES)


def test_promtool_refuses_broken_rules(tmp_path: Path) -> None:
    """A check that cannot fail is a defect."""
    (tmp_path / "rules.yml").write_text(RULES.read_text().replace("sum by", "summ by"))
    with pytest.raises(AssertionError, match="could not parse expression"):
        said("promtool", "check", "rules", tmp_path / "rules.yml")


def test_promtool_accepts_the_shipped_prometheus_configuration() -> None:
    """T1."""
    assert "SUCCESS" in said("promtool", "check", "config", DEPLOYMENTS / "prometheus/prometheus.yml")


def test_every_alert_says_how_bad_it_is_and_whose_it_is() -> None:
    """F1: the channel follows from the team; F2: environment and service make the incident."""
    for name, rule in rules(RULES.read_text()).items():
        assert rule["labels"]["severity"] in {"critical", "high", "warning", "info"}, name  # type: ignore[index]
        assert rule["labels"]["team"] in {"ops-orchestrator", "ops-memory"}, name  # type: ignore[index]
        assert re.search(r"by \(environment, service[,)]", rule["expr"]), name


def test_every_part_of_the_scope_has_an_alert() -> None:
    """S1: availability, task completion (and the queue behind it), and what the Phase 6 guardrails watch."""
    names = rules((DEPLOYMENTS / "prometheus" / "orchestrator.rules.yml").read_text())
    assert {"OrchestratorDown", "TaskCompletionLow", "TaskQueueStarved"} <= names.keys()
    assert {"PlannerContractFailures", "GuardrailTrips", "ToolLatencyHigh"} <= names.keys()


def test_the_targets_carry_environment_and_service() -> None:
    """F2: attached where they are scraped."""
    config = yaml.safe_load((DEPLOYMENTS / "prometheus/prometheus.yml").read_text())
    (job,) = (j for j in config["scrape_configs"] if j["job_name"] == "orchestrator")
    assert all({"environment", "service"} <= set(target["labels"]) for target in job["static_configs"])


def test_a_rehearsal_has_the_same_alerts_with_windows_that_promtool_accepts(tmp_path: Path) -> None:
    """What fires in a rehearsal fires in production, only sooner."""
    service = monitoring.prometheus(
        tmp_path / "prometheus", port=1, alertmanager_port=2, target="127.0.0.1:3", rules=RULES
    )
    quick = tmp_path / "prometheus/orchestrator.rules.yml"
    shipped, rehearsed = rules(RULES.read_text()), rules(quick.read_text())
    assert "SUCCESS" in said("promtool", "check", "rules", quick)
    assert "SUCCESS" in said("promtool", "check", "config", tmp_path / "prometheus/prometheus.yml")
    assert list(rehearsed) == list(shipped)
    for name, rule in rehearsed.items():
        assert rule["labels"] == shipped[name]["labels"]
        windows = set(re.findall(r"\b\d+[smh]\b", rule["expr"]))
        assert windows <= {"15s", "20s", "2m"}, f"{name} is too slow to watch"
        assert rule.get("for", "3s") == "3s", f"{name} waits too long to watch"
    assert "> 0.2" in rehearsed["ToolLatencyHigh"]["expr"]
    assert "- 15" in rehearsed["PlannerContractFailures"]["expr"]
    assert service.name == "prometheus"


def webhook(text: str) -> dict[str, object]:
    """The one webhook of the one receiver."""
    (receiver,) = yaml.safe_load(text)["receivers"]
    (found,) = receiver["webhook_configs"]
    assert isinstance(found, dict)
    return found


def test_amtool_accepts_the_shipped_routes() -> None:
    """T1."""
    assert "SUCCESS" in said("amtool", "check-config", ROUTES)


def test_the_shipped_webhook_is_as_the_receiver_needs_it() -> None:
    """notes/alertmanager.md, contract 6: a redirect counts as delivered, and truncation hides alerts."""
    hook = webhook(ROUTES.read_text())
    http = hook["http_config"]
    assert isinstance(http, dict)
    assert (hook["max_alerts"], hook["send_resolved"]) == (0, True)
    assert http["follow_redirects"] is False
    assert http["authorization"] == {"credentials_file": "/etc/alertmanager/steadyhand.token"}
    assert hook["url"] == f"http://{Receiver().host}:{Receiver().port}/v1/alertmanager"


def test_the_shipped_route_tells_quickly_and_by_incident() -> None:
    """notes/alertmanager.md, contract 6, and F2: one group is one incident."""
    route = yaml.safe_load(ROUTES.read_text())["route"]
    assert route["group_by"] == ["environment", "service"]
    assert (route["group_wait"], route["group_interval"]) == ("5s", "1m")


def test_a_rehearsals_alertmanager_is_configured_alike(tmp_path: Path) -> None:
    """What is rehearsed is what is shipped."""
    monitoring.alertmanager(
        tmp_path / "am", port=1, webhook="http://127.0.0.1:2/v1/alertmanager", token_file=tmp_path / "token"
    )
    (tmp_path / "token").write_text("t")
    written = tmp_path / "am/alertmanager.yml"
    assert "SUCCESS" in said("amtool", "check-config", written)
    ours, shipped = webhook(written.read_text()), webhook(ROUTES.read_text())
    assert set(ours) == set(shipped)
    assert (ours["max_alerts"], ours["send_resolved"]) == (shipped["max_alerts"], shipped["send_resolved"])
