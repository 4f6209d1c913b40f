"""The nearest real name is what a person would have guessed, or none."""

import difflib
import random
import time

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


def test_the_nearest_of_twenty_thousand_names_is_found_without_comparing_letter_by_letter_with_each() -> None:
    """A whole Prometheus' names."""
    words = [
        "http",
        "node",
        "go",
        "request",
        "duration",
        "seconds",
        "bucket",
        "total",
        "planner",
        "queue",
        "container",
        "memory",
    ]
    some = random.Random(1)  # noqa: S311 - the same names every time
    names = ["_".join(some.choices(words, k=5)) + str(number) for number in range(20_000)]
    names += ["planner_contract_failures", "planner_contract_failure" + "e" * 200_000]
    wanted, times = "planner_contract_failure_total", [time.process_time()]
    assert nearest(wanted, names) == "planner_contract_failures"
    times.append(time.process_time())
    for name in names:
        difflib.SequenceMatcher(None, wanted, name, autojunk=False).ratio()
    times.append(time.process_time())
    assert times[1] - times[0] < (times[2] - times[1]) / 2


@given(st.text(alphabet="ab_", max_size=12), st.lists(st.text(alphabet="ab_", max_size=12), max_size=8))
def test_the_names_left_out_unread_are_never_the_nearest(wanted: str, real: list[str]) -> None:
    """Compared with looking at every one of them."""
    alone = {name for name in real if nearest(wanted, [name]) == name}
    found = nearest(wanted, real)
    assert (found in alone) if alone else (found is None)
    assert all(nearest(wanted, [found, name]) == found for name in real if found is not None)


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=5))
def test_any_text_at_all_gives_one_of_the_real_names_or_none(wanted: str, real: list[str]) -> None:
    """Rule 8: names are strangers'."""
    assert nearest(wanted, real) in (*real, None)
    assert nearest_path(wanted, real) in (*real, None)
