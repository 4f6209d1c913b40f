"""What a rehearsal runs is what we ship for Prometheus and Alertmanager, only sooner."""

import re
import subprocess
from pathlib import Path

import yaml

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


def test_every_part_of_the_scope_has_an_alert() -> None:
    """S1: availability, task completion (and the queue behind it), and what the Phase 6 guardrails watch."""
    names = rules((DEPLOYMENTS / "prometheus" / "orchestrator.rules.yml").read_text())
    assert {"OrchestratorDown", "TaskCompletionLow", "TaskQueueStarved"} <= names.keys()
    assert {"PlannerContractFailures", "GuardrailTrips", "ToolLatencyHigh"} <= names.keys()


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
    """The webhook of the receiver that is ours."""
    (receiver,) = [found for found in yaml.safe_load(text)["receivers"] if found["name"] == "steadyhand"]
    (found,) = receiver["webhook_configs"]
    assert isinstance(found, dict)
    return found


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
