"""Planner contract failures should not spike (D4), counted exactly from the counter's raw samples."""

from datetime import timedelta

from steadyhand.clients.prometheus import PrometheusClient, selector
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.domain.series import increments, is_spike
from steadyhand.errors import UnexpectedAnswer
from steadyhand.probes.probe import Case, Probe

_LEAD_SECONDS = 60.0
_DAYS_BACK = (1, 2, 3)


async def count(case: Case, *, seconds: float, days_back: int = 0) -> float | None:
    """Failures counted in the `seconds` that ended `days_back` days before now; None when the series is not there."""
    settings, end = case.profile.prometheus, case.now - timedelta(days=days_back)
    prometheus = PrometheusClient(settings)
    labels = selector(case.labels)
    lead = max(_LEAD_SECONDS, seconds)
    series = await prometheus.samples(f"{settings.planner_failures}{{{labels}}}", seconds=seconds + lead, at=end)
    if not series:
        return None
    start = end - timedelta(seconds=seconds)
    up = await prometheus.value(f"max(last_over_time(up{{{labels}}}[{int(lead)}s]))", at=start)
    return increments(series, start=start.timestamp(), end=end.timestamp(), up_before=up == 1)


async def _collect(case: Case) -> Answer:
    settings = case.profile.prometheus
    seconds = settings.spike_window_seconds
    now = await count(case, seconds=seconds)
    if now is None:
        raise UnexpectedAnswer(
            f"Prometheus has no series {settings.planner_failures}{{{selector(case.labels)}}}; no data is not zero"
        )
    history = [c for d in _DAYS_BACK if (c := await count(case, seconds=seconds, days_back=d)) is not None]
    spike, threshold = is_spike(now, history, sigmas=settings.spike_sigmas, floor=settings.spike_floor)
    verdict = Verdict.BAD if spike else Verdict.OK
    usual = f"{len(history)} earlier days" if history else "no history yet"
    summary = f"{now:.0f} contract failures in {seconds:.0f} s, threshold {threshold:.1f} ({usual})"
    facts = {"failures": now, "threshold": threshold, "window_seconds": seconds, "history": list(history)}
    return Answer(verdict=verdict, summary=summary, facts=dict(facts))


PROBE = Probe(
    name="planner_contract_failures",
    requirement="D4",
    branch=Branch.PLANNER,
    question=__doc__,
    collect=_collect,
    timeout_seconds=60,
)
