"""Proof, not exit codes: the effect is measured within its window (rule 5)."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from steadyhand.domain.evidence import Verdict
from steadyhand.domain.outcome import Verification
from steadyhand.domain.record import utc_now
from steadyhand.errors import PermanentError, TransientError
from steadyhand.mitigations.mitigation import Mitigation
from steadyhand.probes import reachability
from steadyhand.probes.probe import Case


async def verify(
    mitigation: Mitigation,
    case_at: Callable[[datetime], Case],
    *,
    applied_at: datetime,
    window_seconds: float,
    others_follow: bool = False,
) -> Verification:
    """The first measurement that says ok, or the last one of the window, which then says why not.

    A measurement that could not be made is unknown; it never keeps a change. The service must call itself healthy, too,
    unless other steps follow: their trouble is still there.
    """
    verification = Verification(verdict=Verdict.UNKNOWN, summary="nothing was measured yet")
    while True:
        case = case_at(utc_now())
        verification = await _look(mitigation, case, applied_at, whole=not others_follow)
        left = window_seconds - (utc_now() - applied_at).total_seconds()
        if verification.verdict is Verdict.OK or left <= 0:
            return verification
        await asyncio.sleep(min(case.profile.mitigation.poll_seconds, left))


async def persists(
    mitigation: Mitigation, case_at: Callable[[datetime], Case], *, since: datetime, window_seconds: float
) -> Verification:
    """Whether the trouble that this mitigation heals is still there after an earlier change, applied at `since`.

    The first measurement that says bad, or the last one of the window: ok then means that it stayed away.
    """
    while True:
        case = case_at(utc_now())
        seen = await _look(mitigation, case, since, whole=False)
        left = window_seconds - (utc_now() - since).total_seconds()
        if seen.verdict is Verdict.BAD or left <= 0:
            return seen
        await asyncio.sleep(min(case.profile.mitigation.poll_seconds, left))


async def _look(mitigation: Mitigation, case: Case, applied_at: datetime, *, whole: bool) -> Verification:
    try:
        health = await reachability.PROBE.collect(case)
        if health.verdict is not Verdict.OK and (whole or health.facts.get("reachable") is not True):
            return Verification(verdict=health.verdict, summary=f"the service is {health.summary}")
        return await mitigation.measure(case, applied_at)
    except (TransientError, PermanentError) as error:
        return Verification(verdict=Verdict.UNKNOWN, summary=f"could not measure: {error}")
