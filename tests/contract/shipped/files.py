"""The files of `deployments/`, and the alert rules in them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOYMENTS = Path(__file__).parents[3] / "deployments"
PROMETHEUS = DEPLOYMENTS / "prometheus/prometheus.yml"
ALERTMANAGER = DEPLOYMENTS / "alertmanager/alertmanager.yml"
RULES = tuple(DEPLOYMENTS / f"prometheus/{service}.rules.yml" for service in ("orchestrator", "steadyhand"))


@dataclass(frozen=True)
class Rule:
    """One alert rule, and the service whose file it stands in."""

    service: str
    fields: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.fields["alert"])

    @property
    def expression(self) -> str:
        """On one line."""
        return " ".join(str(self.fields["expr"]).split())

    @property
    def file(self) -> Path:
        return DEPLOYMENTS / f"prometheus/{self.service}.rules.yml"

    @property
    def tests(self) -> Path:
        return DEPLOYMENTS / f"prometheus/{self.service}.rules.test.yml"

    def labels(self, environment: str) -> dict[str, str]:
        """What its alerts carry."""
        return {
            "alertname": self.name,
            "environment": environment,
            "service": self.service,
            **self.fields["labels"],
        }


def rules_of(path: Path) -> list[Rule]:
    """All of one file."""
    groups = yaml.safe_load(path.read_text())["groups"]
    return [Rule(path.name.partition(".")[0], fields) for group in groups for fields in group["rules"]]


EVERY_RULE = [rule for path in RULES for rule in rules_of(path)]
