"""Back to baseline, three-valued (E3).

Hot when the maximum over the window is above the threshold. Recovered only when it is not, with at least 9 of 10
evaluation points, and the target up throughout with at least 75 % of its expected scrapes. All else is unknown: a
service that died in the middle of a spike has no data, and that is no recovery.
"""

from datetime import timedelta

from steadyhand.clients.prometheus import PrometheusClient, selector
from steadyhand.domain.evidence import Answer, Verdict
from steadyhand.probes.probe import Case
from steadyhand.profile import Baseline

_POINTS = 10
_POINTS_NEEDED = 9
_SCRAPES_NEEDED = 0.75


async def collect(case: Case, baseline: Baseline, what: str) -> Answer:
    """Whether this level is back to baseline over the profile's window."""
    settings = case.profile.prometheus
    window = settings.baseline_window_seconds
    step = window / _POINTS
    labels = selector(case.labels)
    expression = baseline.expression.replace("{selector}", labels).replace("{window}", f"{window / 2:.0f}s")
    prometheus = PrometheusClient(settings)
    start = case.now - timedelta(seconds=window - step)
    points = [
        v for s in await prometheus.over(expression, start=start, end=case.now, step_seconds=step) for _, v in s.samples
    ]
    up = [v for s in await prometheus.samples(f"up{{{labels}}}", seconds=window, at=case.now) for _, v in s.samples]
    return judged(
        points, up, expected_scrapes=window / settings.scrape_interval_seconds, threshold=baseline.threshold, what=what
    )


def judged(points: list[float], up: list[float], *, expected_scrapes: float, threshold: float, what: str) -> Answer:
    """The verdict on the window's evaluation points and `up` samples."""
    worst = max(points, default=None)
    facts = {
        "worst": worst,
        "threshold": threshold,
        "points": len(points),
        "scrapes": len(up),
        "up_throughout": all(up),
    }
    if worst is not None and worst > threshold:
        return Answer(verdict=Verdict.BAD, summary=f"{what} {worst:.3g} is above {threshold:g}", facts=dict(facts))
    if len(points) < _POINTS_NEEDED:
        summary = f"{what}: only {len(points)} of {_POINTS} evaluation points have data"
    elif not up or min(up) < 1 or len(up) < _SCRAPES_NEEDED * expected_scrapes:
        summary = f"{what}: the target was not up throughout ({len(up)} of {expected_scrapes:.0f} scrapes)"
    else:
        return Answer(verdict=Verdict.OK, summary=f"{what} {worst:.3g} stayed below {threshold:g}", facts=dict(facts))
    return Answer(verdict=Verdict.UNKNOWN, summary=summary, facts=dict(facts))
