"""Asking a real Prometheus: no data is not zero, hostile labels find nothing, and trouble is told for what it is."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from steadyhand.clients.prometheus import PrometheusClient, selector
from steadyhand.domain.evidence import Answer, Verdict
from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError, UnexpectedAnswer
from steadyhand.probes import REGISTRY, baseline
from steadyhand.probes.probe import ask
from steadyhand.profile import Baseline, Profile, Prometheus
from steadyhand.stack.ports import LOOPBACK, free_port

from .cases import case
from .conftest import Scraped
from .strange import Answering, drip, never, reply, strange

FAILURES = REGISTRY["planner_contract_failures"]
HOSTILE = ('"} or up{job="', "a\\", 'a"', "a\nb", "{window}", "x' or 1", "\u2028", "}", "\\u0022")


async def until(asked: Callable[[], Awaitable[float | None]], wanted: float) -> None:
    """Waits until a scrape has brought this value."""
    deadline = time.monotonic() + 10
    while await asked() != wanted:
        assert time.monotonic() < deadline, f"never saw {wanted}"
        await asyncio.sleep(0.1)


@pytest.fixture
async def client(prometheus: Prometheus) -> PrometheusClient:
    """A client of a Prometheus that has scraped its target."""
    client = PrometheusClient(prometheus)
    await until(lambda: client.value("max(up)"), 1.0)
    return client


async def test_a_value_is_the_single_number_of_a_query(client: PrometheusClient, scraped: Scraped) -> None:
    """D4, E3."""
    scraped.level.labels("one").set(41.5)
    await until(lambda: client.value('level{name="one"}'), 41.5)
    assert await client.value("vector(0)") == 0


async def test_a_value_can_be_asked_for_at_an_earlier_instant(client: PrometheusClient) -> None:
    """D4: the same window on earlier days."""
    assert await client.value("max(up)", at=utc_now() - timedelta(days=1)) is None


@pytest.mark.parametrize("expression", ["absent_metric", "vector(0) / vector(0)", "vector(1) / vector(0)"])
async def test_no_data_nan_and_infinity_are_none_and_not_zero(client: PrometheusClient, expression: str) -> None:
    """Rule 4."""
    assert await client.value(expression) is None


async def test_two_series_where_one_is_wanted_are_refused(client: PrometheusClient) -> None:
    """A query that mixes two services must not become one number."""
    with pytest.raises(UnexpectedAnswer, match="answered 2 series"):
        await client.value('label_replace(vector(1), "a", "b", "", "") or vector(2)')


async def test_samples_are_raw_and_oldest_first_without_nan(client: PrometheusClient, scraped: Scraped) -> None:
    """D4: what people are shown is folded from raw samples."""
    scraped.level.labels("two").set(float("nan"))
    await until(lambda: client.value('count(level{name="two"})'), 1.0)
    scraped.level.labels("two").set(3)
    await until(lambda: client.value('level{name="two"}'), 3.0)
    (series,) = await client.samples('level{name="two"}', seconds=60)
    assert series.labels["environment"] == "production"
    assert {value for _, value in series.samples} == {3.0}
    assert [at for at, _ in series.samples] == sorted(at for at, _ in series.samples)


async def test_samples_of_a_series_that_is_not_there_are_empty(client: PrometheusClient) -> None:
    """Rule 4."""
    assert await client.samples("absent_metric", seconds=60) == ()


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_hostile_label_value_finds_nothing_and_breaks_nothing(client: PrometheusClient, value: str) -> None:
    """Rule 8."""
    assert await client.value(f"count(up{{{selector({'service': value})}}})") is None
    assert await client.samples(f"up{{{selector({'service': value})}}}", seconds=60) == ()


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_hostile_label_value_that_exists_is_found_as_it_is(
    client: PrometheusClient, scraped: Scraped, value: str
) -> None:
    """Rule 8: escaping changes no meaning."""
    scraped.level.labels(value).set(1)
    await until(lambda: client.value(f"count(level{{{selector({'name': value})}}})"), 1.0)


@pytest.mark.parametrize("value", HOSTILE)
async def test_probes_of_a_hostile_service_are_unknown(
    client: PrometheusClient,  # noqa: ARG001 - it has been scraped
    prometheus: Prometheus,
    value: str,
) -> None:
    """Rules 4 and 8: an alert names the service; no other service's series may stand for it."""
    asked = case(Profile(prometheus=prometheus), service=value)
    for name in ("planner_contract_failures", "task_completion", "tool_latency"):
        finding = await ask(REGISTRY[name], asked, last_try=True)
        assert finding.verdict is Verdict.UNKNOWN, name
        assert "refused" not in finding.summary, name


async def test_an_expression_that_prometheus_refuses_is_told_with_its_words(client: PrometheusClient) -> None:
    """A slip in the profile: trying again cannot help."""
    with pytest.raises(UnexpectedAnswer, match="parse error"):
        await client.value("sum(")


async def test_a_prometheus_that_is_down_is_worth_another_try() -> None:
    """Rule 4."""
    down = Prometheus(url=f"http://{LOOPBACK}:{free_port()}", timeout_seconds=1)
    with pytest.raises(TransientError, match="does not answer"):
        await PrometheusClient(down).value("up")
    with pytest.raises(TransientError):
        await ask(FAILURES, case(Profile(prometheus=down)), last_try=False)
    for name in ("planner_contract_failures", "task_completion", "tool_latency"):
        finding = await ask(REGISTRY[name], case(Profile(prometheus=down)), last_try=True)
        assert finding.verdict is Verdict.UNKNOWN
        assert f"could not look: Prometheus at {down.url} does not answer" in finding.summary


async def test_a_prometheus_that_never_answers_is_given_up_in_time() -> None:
    """Every call has a timeout; the library's own default has none."""
    async with strange(never) as server:
        began = time.monotonic()
        with pytest.raises(TransientError):
            await PrometheusClient(Prometheus(url=server.url, timeout_seconds=0.5)).value("up")
        assert time.monotonic() - began < 2
        assert len(server.asked) == 1


async def test_a_prometheus_that_drips_is_given_up_in_time() -> None:
    """Every call has a timeout."""
    async with strange(drip) as server:
        asking = asyncio.ensure_future(
            PrometheusClient(Prometheus(url=server.url, timeout_seconds=0.5)).value("up"),
        )
        done, _ = await asyncio.wait([asking], timeout=2)
    await asyncio.wait([asking])
    asking.exception()
    assert done


async def test_a_prometheus_in_trouble_is_worth_another_try() -> None:
    """Rule 4."""
    async with strange(reply(503, "Service Unavailable", "text/plain")) as server:
        with pytest.raises(TransientError, match="503"):
            await PrometheusClient(Prometheus(url=server.url)).value("up")
        assert len(server.asked) == 1, "retries are Prefect's"


STRANGE: dict[str, Answering] = {
    "html 404": reply(404, "<html>nothing here</html>", "text/html"),
    "other json": reply(200, '{"hello": "world"}'),
    "json list": reply(200, "[]"),
    "result is no list": reply(200, '{"status": "success", "data": {"result": "nothing"}}'),
    "html 200": reply(200, "<html>Welcome</html>", "text/html"),
    "rows of something else": reply(200, '{"data": {"result": [{"a": 1}]}}'),
    "rows of numbers": reply(200, '{"data": {"result": [1]}}'),
    "values of words": reply(200, '{"data": {"result": [{"value": [1, "much"]}]}}'),
}


@pytest.mark.parametrize("oddity", STRANGE)
async def test_something_else_on_prometheus_port_is_an_unexpected_answer(oddity: str) -> None:
    """Rule 4: trying again cannot help."""
    async with strange(STRANGE[oddity]) as server:
        with pytest.raises(UnexpectedAnswer):
            await PrometheusClient(Prometheus(url=server.url)).value("up")


@pytest.mark.parametrize("oddity", STRANGE)
async def test_a_probe_of_something_else_on_prometheus_port_is_unknown(oddity: str) -> None:
    """Rule 4."""
    answer = STRANGE[oddity]
    async with strange(answer) as server:
        for name in ("planner_contract_failures", "task_completion"):
            finding = await ask(REGISTRY[name], case(Profile(prometheus=Prometheus(url=server.url))), last_try=True)
            assert finding.verdict is Verdict.UNKNOWN
            assert server.url in finding.summary


async def test_planner_failures_are_unknown_while_their_series_is_missing(
    client: PrometheusClient,  # noqa: ARG001 - it has been scraped
    prometheus: Prometheus,
) -> None:
    """D4, rule 4: a metric that was renamed counts nothing, and that is not zero."""
    renamed = prometheus.model_copy(update={"planner_failures": "planner_contract_failures_total_v2"})
    finding = await ask(FAILURES, case(Profile(prometheus=renamed)), last_try=True)
    assert finding.verdict is Verdict.UNKNOWN
    assert "has no series planner_contract_failures_total_v2{" in finding.summary
    assert "no data is not zero" in finding.summary


async def test_planner_failures_are_ok_when_quiet_and_bad_when_they_spike(
    client: PrometheusClient, prometheus: Prometheus, scraped: Scraped
) -> None:
    """D4."""
    profile = Profile(prometheus=prometheus)
    await until(lambda: client.value("planner_contract_failure_total"), 0.0)
    quiet = await ask(FAILURES, case(profile), last_try=True)
    assert (quiet.verdict, quiet.facts["failures"], quiet.facts["threshold"]) == (Verdict.OK, 0, 3)
    scraped.failures.inc(3)
    await until(lambda: client.value("planner_contract_failure_total"), 3.0)
    few = await ask(FAILURES, case(profile), last_try=True)
    assert (few.verdict, few.facts["failures"]) == (Verdict.OK, 3)
    scraped.failures.inc(7)
    await until(lambda: client.value("planner_contract_failure_total"), 10.0)
    many = await ask(FAILURES, case(profile), last_try=True)
    assert (many.verdict, many.facts["failures"]) == (Verdict.BAD, 10)
    assert "no history yet" in many.summary


async def test_a_level_is_hot_or_back_to_baseline_as_the_real_samples_say(
    client: PrometheusClient, prometheus: Prometheus, scraped: Scraped
) -> None:
    """E3: over a window of five seconds, so that the test is short."""
    level = Baseline(expression='max(level{{selector},name="three"})', threshold=2.0)
    short = Profile(prometheus=prometheus.model_copy(update={"baseline_window_seconds": 5.0}))

    async def seen(verdict: Verdict) -> Answer:
        deadline = time.monotonic() + 20
        while (answer := await baseline.collect(case(short), level, "level")).verdict is not verdict:
            assert time.monotonic() < deadline, answer
            await asyncio.sleep(0.2)
        return answer

    scraped.level.labels("three").set(9)
    await until(lambda: client.value('level{name="three"}'), 9.0)
    hot = await seen(Verdict.BAD)
    assert hot.facts["worst"] == 9.0
    assert "level 9 is above 2" in hot.summary
    scraped.level.labels("three").set(1)
    assert (await seen(Verdict.OK)).facts["worst"] == 1.0


COOL, HOT = [0.01] * 10, [0.01] * 9 + [0.4]


def judged(points: list[float], up: list[float]) -> tuple[Verdict, str]:
    """The verdict for a threshold of 0.05 and forty expected scrapes."""
    answer = baseline.judged(points, up, expected_scrapes=40, threshold=0.05, what="share")
    return answer.verdict, answer.summary


def test_one_point_above_the_threshold_is_hot_even_with_everything_else_missing() -> None:
    """E3."""
    assert judged(HOT, [1.0] * 40)[0] is Verdict.BAD
    assert judged([0.4], [])[0] is Verdict.BAD


def test_recovered_needs_nearly_all_points_and_an_up_target() -> None:
    """E3, notes/prometheus.md: nine of ten points, three quarters of the scrapes."""
    assert judged(COOL, [1.0] * 40)[0] is Verdict.OK
    assert judged(COOL[:9], [1.0] * 30)[0] is Verdict.OK
    assert judged([0.05] * 10, [1.0] * 40)[0] is Verdict.OK


def test_a_service_that_died_mid_spike_is_unknown_and_not_recovered() -> None:
    """E3, rule 4."""
    assert judged([], [0.0] * 40) == (Verdict.UNKNOWN, "share: only 0 of 10 evaluation points have data")
    assert judged(COOL[:8], [1.0] * 40)[0] is Verdict.UNKNOWN


@pytest.mark.parametrize("up", [[], [1.0] * 39 + [0.0], [1.0] * 29], ids=["none", "once down", "too few"])
def test_a_target_that_was_not_up_throughout_is_unknown(up: list[float]) -> None:
    """E3, rule 4."""
    verdict, summary = judged(COOL, up)
    assert verdict is Verdict.UNKNOWN
    assert "not up throughout" in summary
