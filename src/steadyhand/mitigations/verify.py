"""Proof, not exit codes: the effect is measured within its window (rule 5)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

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
    mitigation: Mitigation,
    case_at: Callable[[datetime], Case],
    *,
    since: datetime,
    window_seconds: float,
    others_follow: bool,
) -> Verification:
    """Whether the trouble that this mitigation heals is still there after an earlier change, applied at `since`.

    The first measurement that says so. Else, after a whole window from now: ok only where the last `settle_seconds` of
    it were ok without a gap, unknown otherwise. Where no other step follows, the service must call itself healthy, too.
    """
    deadline, ok_since = utc_now() + timedelta(seconds=window_seconds), None
    while True:
        case = case_at(utc_now())
        seen = await _look(mitigation, case, since, whole=not others_follow)
        if mitigation.still_there(seen):
            return seen
        ok_since = (ok_since or case.now) if seen.verdict is Verdict.OK else None
        left = (deadline - utc_now()).total_seconds()
        if left <= 0:
            settled = ok_since is not None and (utc_now() - ok_since).total_seconds() >= _settle(case, window_seconds)
            return seen if settled else seen.model_copy(update={"verdict": Verdict.UNKNOWN})
        await asyncio.sleep(min(case.profile.mitigation.poll_seconds, left))


def _settle(case: Case, window_seconds: float) -> float:
    """No longer than half the window, so that it can be met."""
    return min(case.profile.mitigation.settle_seconds, window_seconds / 2)


async def _look(mitigation: Mitigation, case: Case, applied_at: datetime, *, whole: bool) -> Verification:
    try:
        seen = await reachability.health(case)
        if seen.facts.get("reachable") is not True or (whole and seen.facts.get("healthy") is not True):
            return Verification(verdict=Verdict.BAD, summary=f"the service is {seen.summary}")
        return await mitigation.measure(case, applied_at)
    except (TransientError, PermanentError) as error:
        return Verification(verdict=Verdict.UNKNOWN, summary=f"could not measure: {error}")
