"""The nearest real name is what a person would have guessed, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyhand.doctor.nearest import nearest, nearest_path

METRICS = ("http_requests_total", "planner_contract_failures_total", "process_cpu_seconds_total", "up")
PATHS = ("/api/v1/healthz", "/api/v1/queue", "/api/v1/jobs/{id}", "/api/v1/jobs", "/api/v1/widgets", "/")


@pytest.mark.parametrize(
    "wanted",
    [
        "planner_contract_failure_total",
        "planner_contract_failures",
        "PlannerContractFailures",
        "planner-contract-failure",
    ],
)
def test_case_separators_and_the_suffix_total_do_not_count(wanted: str) -> None:
    assert nearest(wanted, METRICS) == "planner_contract_failures_total"


def test_nothing_alike_is_no_name_at_all() -> None:
    assert nearest("planner_contract_failure_total", ("go_goroutines", "zzz", "")) is None
    assert nearest("x", ()) is None


def test_of_two_equally_near_names_the_first_in_order_is_taken_whatever_order_they_come_in() -> None:
    assert nearest("job_b", ("job_a", "job_c")) == nearest("job_b", ("job_c", "job_a")) == "job_a"


@pytest.mark.parametrize(
    ("wanted", "real"),
    [
        ("/api/v1/health", "/api/v1/healthz"),
        ("/api/v1/diagnostics/task_queue", "/api/v1/queue"),
        ("/api/v2/jobs/{job_id}", "/api/v1/jobs/{id}"),
        ("/api/v1/jobs?status=failed", "/api/v1/jobs"),
        ("/api/v1/reviews/assign", None),
    ],
)
def test_the_nearest_path_is_near_in_what_it_means_and_not_in_its_beginning(wanted: str, real: str | None) -> None:
    """/api/v1 is common to all."""
    assert nearest_path(wanted, PATHS) == real


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=5))
def test_any_text_at_all_gives_one_of_the_real_names_or_none(wanted: str, real: list[str]) -> None:
    """Rule 8: names are strangers'."""
    assert nearest(wanted, real) in (*real, None)
    assert nearest_path(wanted, real) in (*real, None)
