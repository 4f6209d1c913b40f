"""The unit tests of the shipped rules bite: a rule that counts naively does not pass them (S1).

Each naive way is put into a copy of one rule, and the shipped unit tests of that rule are run on the copy.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from .counting import BRANCHES, COUNT, NAIVE, WRONG_ON, counters, recounted, unit_tests
from .files import EVERY_RULE, Rule
from .programs import run

COUNTING = {rule.name: rule for rule in EVERY_RULE if counters(rule)}
AS_SHIPPED = "as shipped"
_FAILED = re.compile(r"alertname: (.+), time: ")
GUARDS = {
    "a restart need not be seen": (" and resets(M[6m]) > 0", ""),
    "what is extrapolated is counted": ("floor(increase(M[5m])) and", "increase(M[5m]) and"),
    "what is extrapolated is counted in the end": ("or floor(increase(M[5m]))", "or increase(M[5m])"),
    "any process is young": ("(M and on (job, instance) process_start_time_seconds > time() - 300)", "(M)"),
    "what was there is born": (" unless M offset 5m", ""),
    "born on a page that was not read": (" and on (job, instance) up offset 5m == 1", ""),
    "what was there within the hour is born": (" unless last_over_time(M[1h] offset 5m)", ""),
    "a target read before does not matter": ("max_over_time(up[1h] offset 5m) == 1 or ", ""),
    "a young process that is gone does not matter": (
        " or max_over_time(process_start_time_seconds[5m]) > time() - 300))",
        "))",
    ),
    "a fall takes from the others": (" >= 0", ""),
    "a gap of two hours is remembered": ("[1h] offset 5m) >=", "[2h] offset 5m) >="),
}


def failing(directory: Path, rule: Rule, shapes: Mapping[str, str], chosen: Callable[[str], bool]) -> set[str]:
    """Which ways to count do not pass the rule's shipped unit tests of the chosen cases. All stand in one copy."""
    copies = [{**recounted(rule, shape).fields, "alert": way} for way, shape in shapes.items()]
    tests = unit_tests(rule, shapes, chosen)
    assert tests["tests"], "there is no such case"
    (directory / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "copies", "rules": copies}]}))
    (directory / "tests.yml").write_text(yaml.safe_dump({**tests, "rule_files": ["rules.yml"]}))
    done = run("promtool", "test", "rules", directory / "tests.yml")
    failed = set(_FAILED.findall(done.stdout + done.stderr))
    assert (done.returncode == 0) is (not failed), done.stdout + done.stderr
    return failed


@pytest.mark.parametrize("case", WRONG_ON)
@pytest.mark.parametrize("name", COUNTING)
def test_a_rule_that_counts_naively_fails_its_unit_tests(tmp_path: Path, name: str, case: str) -> None:
    """S1: on a birth, a single sample, a reset, either gap, and churn; as shipped it passes each of them."""
    shapes = {AS_SHIPPED: COUNT} | {way: NAIVE[way] for way in WRONG_ON[case]}
    assert failing(tmp_path, COUNTING[name], shapes, case.__eq__) == set(WRONG_ON[case])


def test_no_branch_and_no_guard_of_a_count_can_be_left_out(tmp_path: Path) -> None:
    """Each is there for a case that the others get wrong."""
    assert all(old in COUNT for old, _ in GUARDS.values())
    shapes = {AS_SHIPPED: COUNT} | {guard: COUNT.replace(old, new) for guard, (old, new) in GUARDS.items()}
    for left_out in BRANCHES:
        shapes[f"no {left_out}"] = " or ".join(branch for branch in BRANCHES if branch != left_out)
    assert failing(tmp_path, COUNTING["PlannerContractFailures"], shapes, lambda _: True) == shapes.keys() - {
        AS_SHIPPED
    }
