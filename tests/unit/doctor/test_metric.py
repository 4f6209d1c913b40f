"""What is known of a metric on its page and in Prometheus, and what that means."""

from collections.abc import Iterable

import pytest

from steadyhand.doctor.checkup import CheckState, Seen
from steadyhand.doctor.metric import Known, judged, renamed
from steadyhand.doctor.monitoring import Target
from steadyhand.doctor.scraping import judged as judged_targets
from steadyhand.doctor.scraping import judged_interval
from steadyhand.profile import Prometheus

from .profiles import here, with_line

LABELS = {"environment": "production", "service": "orchestrator"}
URL = "http://10.0.0.1:8000"


def known(
    page: Iterable[str] | None = (), labelled: Iterable[str] | None = (), anywhere: Iterable[str] | None = ()
) -> Known:
    troubles = tuple(f"{what} away" for what, names in (("page", page), ("Prometheus", labelled)) if names is None)
    return Known(
        page=None if page is None else frozenset(page),
        labelled=None if labelled is None else frozenset(labelled),
        anywhere=None if anywhere is None else frozenset(anywhere),
        labels='environment="production"',
        troubles=troubles,
    )


def seen(found: Known) -> Seen:
    return judged(("a_total",), found, lambda _, real: f"line = {real!r}")


@pytest.mark.parametrize(
    ("found", "state", "reason"),
    [
        (known(labelled=["a_total"]), CheckState.OK, 'Prometheus has a_total{environment="production"}'),
        (known(page=None, labelled=["a_total"]), CheckState.OK, "Prometheus has a_total"),
        (known(labelled=[], anywhere=["a_total"]), CheckState.DRIFT, "no series of it with environment="),
        (known(page=["a_total"]), CheckState.DRIFT, "on the target's page, but Prometheus has no series"),
        (known(page=["a_total"], labelled=None), CheckState.UNKNOWN, "is on the target's page, but Prometheus away"),
        (known(page=None, labelled=None), CheckState.UNKNOWN, "could not be looked for: page away; Prometheus away"),
        (known(page=["b"], labelled=None), CheckState.DRIFT, "no metric `a_total`"),
        (known(page=None), CheckState.DRIFT, "no metric `a_total`"),
        (known(), CheckState.DRIFT, "no metric `a_total`"),
    ],
)
def test_what_is_known_of_a_metric_decides(found: Known, state: CheckState, reason: str) -> None:
    """Rule 4."""
    assert seen(found).state is state
    assert reason in seen(found).reason


def test_a_missing_metric_names_the_nearest_with_our_labels_before_any_other() -> None:
    found = seen(known(page=["aa_total"], labelled=["A_Total_"], anywhere=["A_Total_", "a"]))
    assert (found.reason, found.nearest, found.remedy) == ("no metric `a_total`", "A_Total_", "line = 'A_Total_'")


def test_drift_of_one_metric_outweighs_the_others_of_an_expression() -> None:
    found = judged(("up", "gone"), known(labelled=["up"]), lambda _, __: None)
    assert (found.state, found.reason) == (CheckState.DRIFT, "no metric `gone`")
    assert judged((), known(), lambda _, __: None).state is CheckState.UNKNOWN


def test_a_metric_is_renamed_wherever_it_stands_and_nowhere_else() -> None:
    assert renamed("a / sum(a{x='a'}) + ba + a:b", "a", "\\1") == "\\1 / sum(\\1{x='\\1'}) + ba + a:b"


def target(labels: dict[str, str], *, health: str = "up", interval: str = "15s", url: str = URL) -> Target:
    return Target(labels=labels, health=health, scrapeUrl=f"{url}/metrics", scrapeInterval=interval, lastError="boom")


def scraped(*targets: Target) -> Seen:
    ground = here()
    return judged_targets(targets, LABELS, URL, lambda key, value: ground.line("prometheus", key, value))


def test_a_target_with_our_labels_that_is_up_is_ok_and_one_that_is_down_is_drift() -> None:
    assert scraped(target(LABELS, health="down"), target(LABELS)).state is CheckState.OK
    assert scraped(target(LABELS, health="down")).reason == f"{URL} is down: boom"
    assert scraped(target(LABELS, health="unknown")).state is CheckState.UNKNOWN


def test_a_target_with_the_value_under_another_label_names_that_label() -> None:
    """Labels are names of the profile."""
    found = scraped(target({"env": "production", "service": "orchestrator"}))
    assert (found.state, found.nearest) == (CheckState.DRIFT, "env")
    assert with_line(found.remedy).prometheus.environment_label == "env"
    found = scraped(target({"environment": "production", "app": "orchestrator"}))
    assert with_line(found.remedy).prometheus.service_label == "app"
    assert scraped(target({"environment": "prod", "service": "orchestrator"})).remedy is None


def test_a_target_that_nobody_scrapes_is_drift() -> None:
    found = scraped(target({"job": "node"}, url="http://10.0.0.2:9100"))
    assert found.state is CheckState.DRIFT
    assert "there are: http://10.0.0.2:9100" in found.reason
    assert "none at all" in scraped().reason


@pytest.mark.parametrize("labels", [LABELS, {"env": "production"}, {"job": "node"}])
@pytest.mark.parametrize("interval", ["15s", "30s", ""])
def test_no_login_and_no_query_of_a_scraped_address_is_told(labels: dict[str, str], interval: str) -> None:
    url = "http://ops:hunter2@10.0.0.1:8000/metrics?token=hunter2"
    error = f'Get "{url}": dial tcp 10.0.0.1:8000: connect: connection refused'
    found = Target(labels=labels, health="down", scrapeUrl=url, scrapeInterval=interval, lastError=error)
    for seen in (
        judged_targets([found], LABELS, "http://sam:hunter2@10.0.0.1:8000", lambda _, __: None),
        judged_targets([found], LABELS, "http://sam:hunter2@elsewhere.test/", lambda _, __: None),
        judged_interval([found], LABELS, Prometheus(), lambda _, __: None),
    ):
        assert "hunter2" not in seen.model_dump_json()
    told = judged_targets([found.model_copy(update={"labels": LABELS})], LABELS, URL, lambda _, __: None).reason
    assert told == (
        'http://10.0.0.1:8000 is down: Get "http://10.0.0.1:8000": dial tcp 10.0.0.1:8000: connect: connection refused'
    )


@pytest.mark.parametrize(("interval", "seconds"), [("30s", 30.0), ("1m30s", 90.0), ("500ms", 0.5), ("1h", 3600.0)])
def test_another_scrape_interval_is_drift_with_the_line_that_says_it(interval: str, seconds: float) -> None:
    """The probe counts the scrapes it expects."""
    ground = here()
    found = judged_interval(
        [target(LABELS, interval=interval)], LABELS, Prometheus(), lambda k, v: ground.line("prometheus", k, v)
    )
    assert found.state is CheckState.DRIFT
    assert with_line(found.remedy).prometheus.scrape_interval_seconds == seconds


def test_the_profiles_scrape_interval_is_ok_and_an_untold_one_is_unknown() -> None:
    def state(*targets: Target) -> CheckState:
        return judged_interval(targets, LABELS, Prometheus(), lambda _, __: None).state

    assert state(target(LABELS)) is CheckState.OK
    assert state(target(LABELS, interval="")) is state() is CheckState.UNKNOWN
