"""The metrics of an expression, and the names on a page."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from steadyhand.doctor.exposition import names_in
from steadyhand.doctor.promql import metrics_of
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import Prometheus

RULES = Path(__file__).parents[3] / "deployments/prometheus/orchestrator.rules.yml"
COUNTED_WITH = ("process_start_time_seconds", "up")
"""What tells a counter that is born from one that was always there."""


def test_the_default_expressions_ask_for_the_metrics_of_the_runbook() -> None:
    assert metrics_of(Prometheus().task_completion.expression) == ("orchestrator_tasks_total",)
    assert metrics_of(Prometheus().tool_latency.expression) == ("tool_latency_seconds_bucket",)


def test_the_shipped_rules_ask_for_these_metrics() -> None:
    found = {
        rule["alert"]: metrics_of(rule["expr"])
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
    }
    assert found == {
        "PlannerContractFailures": ("planner_contract_failure_total", *COUNTED_WITH),
        "TaskCompletionLow": ("orchestrator_tasks_total", *COUNTED_WITH),
        "TaskQueueStarved": ("orchestrator_task_queue_depth",),
        "ToolLatencyHigh": ("tool_latency_seconds_bucket", *COUNTED_WITH),
        "GuardrailTrips": ("guardrail_trips_total", *COUNTED_WITH),
        "OrchestratorDown": ("up",),
    }


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up", ("up",)),
        ("sum(a) by (le, job) / sum without (x) (b)", ("a", "b")),
        ("a * on (job) group_left (version) b", ("a", "b")),
        ("a{x=\"sum(c)\", y=~'d|e', z=`f`}", ("a",)),
        ('{__name__="a", job="b"} or {__name__=~"c.*"}', ("a",)),
        ('{"a.b", job="c"}', ("a.b",)),
        ("rate(a:b:c[5m:1m] offset 1h) > bool 0.5e3", ("a:b:c",)),
        ("a @ start() + a @ 1609746000 - 0x1F", ("a",)),
        ("a # b\n or c", ("a", "c")),
        ("quantile(0.9, a) BY (b)", ("a",)),
        ('histogram_quantile(0.9, rate(a_bucket{le!="+Inf"}[1d2h])) == Inf', ("a_bucket",)),
        ('label_replace(a, "b", "$1", "c", "(.*)")', ("a",)),
        ("vector(1)", ()),
        ("", ()),
    ],
)
def test_only_metrics_are_taken_for_metrics(expression: str, names: tuple[str, ...]) -> None:
    """Not functions, labels, keywords, numbers, strings or comments."""
    assert metrics_of(expression) == names


@given(st.text(alphabet="ab{}()[]\"'`\\=~!,#: \n1by_sum", max_size=40))
def test_any_text_at_all_gives_names_or_nothing(expression: str) -> None:
    assert all(isinstance(name, str) for name in metrics_of(expression))


PAGE = """\
# HELP planner_contract_failure_total x
# TYPE planner_contract_failure_total counter
# TYPE orchestrator_tasks_total counter
orchestrator_tasks_total{status="a } b"} 3.0
# TYPE tool_latency_seconds histogram
# TYPE pauses summary
pauses_sum 1.0
pauses_count 1.0
# TYPE depth gauge
depth 3.0 1395066363000
"""


def test_a_page_has_its_series_and_those_that_will_come() -> None:
    """A labelled counter has no series before its first increment."""
    assert names_in(PAGE) == {
        "planner_contract_failure_total",
        "orchestrator_tasks_total",
        "tool_latency_seconds_bucket",
        "tool_latency_seconds_sum",
        "tool_latency_seconds_count",
        "pauses_sum",
        "pauses_count",
        "depth",
    }


def test_a_counters_family_without_total_is_not_taken_for_a_series_where_its_series_are_seen() -> None:
    """The newer format writes the family without, the series with `_total`."""
    assert names_in("# TYPE a counter\na_total 1.0\na_created 1.0\n") == {"a_total", "a_created"}
    assert names_in("# TYPE a counter\na 1.0\n") == {"a"}


@pytest.mark.parametrize("page", ["", "<html># TYPE a counter</html>", '{"a": 1}', "a 1\n"])
def test_a_page_of_another_format_is_refused(page: str) -> None:
    """Rule 4."""
    with pytest.raises(UnexpectedAnswer, match=re.escape("Prometheus' text format")):
        names_in(page)
