"""Prometheus and Alertmanager for a rehearsal: the shipped rules, with windows short enough to watch."""

import re
import shutil
from pathlib import Path

import yaml

from steadyhand.errors import ConfigurationError
from steadyhand.stack.parts import answers
from steadyhand.stack.ports import LOOPBACK
from steadyhand.stack.service import Service

SCRAPE_SECONDS = 1
_SHORTER = {"5m": "15s", "6m": "20s", "1h": "2m", "2m": "3s", "1m": "3s"}
_WINDOW = re.compile(r"\b(5m|6m|1h|2m|1m)\b")
_NARROWER = {"- 300": "- 15", ")) > 1\n": ")) > 0.2\n"}


def prometheus(directory: Path, *, port: int, alertmanager_port: int, target: str, rules: Path) -> Service:
    """Prometheus scraping one orchestrator as production's. `directory` is made; `rules` is the shipped file."""
    directory.mkdir(parents=True)
    (directory / "orchestrator.rules.yml").write_text(_quick(rules.read_text()))
    scrape = {
        "job_name": "orchestrator",
        "static_configs": [{"targets": [target], "labels": {"environment": "production", "service": "orchestrator"}}],
    }
    config = {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"},
        "rule_files": ["orchestrator.rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{LOOPBACK}:{alertmanager_port}"]}]}]},
        "scrape_configs": [scrape],
    }
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    options = (
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
    )
    return Service(
        name="prometheus",
        command=[_program("prometheus"), *options],
        log=directory / "prometheus.log",
        ready=answers(f"http://{LOOPBACK}:{port}/-/ready"),
    )


def alertmanager(directory: Path, *, port: int, webhook: str, token_file: Path) -> Service:
    """Alertmanager routing everything to the receiver. `directory` is made."""
    directory.mkdir(parents=True)
    authorization = {"credentials_file": str(token_file)}
    hook = {
        "url": webhook,
        "send_resolved": True,
        "max_alerts": 0,
        "http_config": {"follow_redirects": False, "authorization": authorization},
    }
    config = {
        "route": {
            "receiver": "steadyhand",
            "group_by": ["environment", "service"],
            "group_wait": "1s",
            "group_interval": "5s",
            "repeat_interval": "4h",
        },
        "receivers": [{"name": "steadyhand", "webhook_configs": [hook]}],
    }
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    options = (
        f"--config.file={directory / 'alertmanager.yml'}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--cluster.listen-address=",
    )
    return Service(
        name="alertmanager",
        command=[_program("alertmanager", "prometheus-alertmanager"), *options],
        log=directory / "alertmanager.log",
        ready=answers(f"http://{LOOPBACK}:{port}/-/ready"),
    )


def _quick(rules: str) -> str:
    """The shipped rules with shorter windows: what fires here is what fires in production, only sooner."""
    quick = _WINDOW.sub(lambda match: _SHORTER[match.group()], rules)
    for shipped, rehearsed in _NARROWER.items():
        quick = quick.replace(shipped, rehearsed)
    return quick


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise ConfigurationError(
        f"{names[0]} is not installed; on Debian: apt-get install {'prometheus' if len(names) == 1 else names[-1]}"
    )
