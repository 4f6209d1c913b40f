"""How the shipped rules count a counter's increments, and the naive ways that they must not."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import yaml

from .files import Rule

BRANCHES = (
    "(floor(increase(M[5m])) and resets(M[6m]) > 0)",
    "(M and on (job, instance) process_start_time_seconds > time() - 300)",
    "(last_over_time(M[5m]) unless M offset 5m and on (job, instance) up offset 5m == 1)",
    "(last_over_time(M[5m]) unless last_over_time(M[1h] offset 5m) and on (job, instance)"
    " (max_over_time(up[1h] offset 5m) == 1 or max_over_time(process_start_time_seconds[5m]) > time() - 300))",
    "(last_over_time(M[5m]) - last_over_time(M[1h] offset 5m) >= 0)",
    "floor(increase(M[5m]))",
)
COUNT = " or ".join(BRANCHES)
"""M stands for the counter."""
_COUNTER = re.compile(r"floor\(increase\(([^\[]+)\[5m\]\)\) and")

NAIVE = {
    "increase": "increase(M[5m])",
    "rate": "rate(M[5m]) * 300",
    "delta": "delta(M[5m])",
    "offset": "M - M offset 5m",
    "absent is zero": "M - (M offset 5m or 0 * M)",
    "long memory": "last_over_time(M[5m]) - last_over_time(M[2h] offset 5m)",
    "new is born": "last_over_time(M[5m]) - (last_over_time(M[1h] offset 5m) or 0 * last_over_time(M[5m]))",
}
WRONG_ON = {
    "birth": ("increase", "rate", "delta", "offset"),
    "single sample": ("increase", "rate", "delta", "absent is zero"),
    "reset": ("delta", "offset", "absent is zero", "long memory", "new is born"),
    "6-minute gap": ("increase", "rate", "delta"),
    "85-minute gap": ("absent is zero", "long memory", "new is born"),
    "instance churn": ("increase", "rate", "delta", "offset", "absent is zero", "new is born"),
}
"""By the case of the unit tests: which of them miscount there."""


def counters(rule: Rule) -> list[str]:
    """The counters, with their labels, that this rule counts."""
    return _COUNTER.findall(rule.expression)


def of(counter: str, shape: str = COUNT) -> str:
    """This counter, counted."""
    return re.sub(r"\bM\b", lambda _: counter, shape)


def recounted(rule: Rule, shape: str) -> Rule:
    """The rule, counting in another way."""
    expression = rule.expression
    for counter in counters(rule):
        assert of(counter) in expression
        expression = expression.replace(of(counter), of(counter, shape))
    return Rule(rule.service, {**rule.fields, "expr": expression})


def unit_tests(rule: Rule, ways: Iterable[str], chosen: Callable[[str], bool]) -> dict[str, Any]:
    """The shipped unit tests of this one rule, of the cases whose names are chosen, once for each copy of the rule."""
    shipped = yaml.safe_load(rule.tests.read_text())
    cases = []
    for case in filter(lambda case: chosen(case["name"]), shipped["tests"]):
        checks = [check for check in case["alert_rule_test"] if check["alertname"] == rule.name]
        copies = [{**check, "alertname": way} for check in checks for way in ways]
        if copies:
            cases.append({**case, "alert_rule_test": copies})
    return {**shipped, "tests": cases}
