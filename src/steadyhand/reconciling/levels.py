"""Whether the levels are back to baseline where alerts have vanished (E3): that decides, not silence."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.probes import task_completion, tool_latency
from steadyhand.probes.calm import calm
from steadyhand.probes.probe import ask
from steadyhand.profile import Profile

_PROBES = (task_completion.PROBE, tool_latency.PROBE)
_MOST = 20
_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Levels:
    """What E3 says of one environment and service: ok only when every level is back, unknown unless one is not."""

    verdict: Verdict
    summary: str


def turn(keys: Collection[IncidentKey], at: datetime, *, every_seconds: float) -> tuple[IncidentKey, ...]:
    """Those to look at now: a bounded number at every look, each of them sooner or later."""
    ordered = sorted(keys, key=lambda key: (key.environment, key.service))
    if len(ordered) <= _MOST:
        return tuple(ordered)
    first = int(at.timestamp() // every_seconds) * _MOST % len(ordered)
    return tuple((ordered[first:] + ordered[:first])[:_MOST])


async def levels(profile: Profile, keys: Collection[IncidentKey]) -> dict[IncidentKey, Levels]:
    """The levels of each, asked now. A probe that could not look is unknown."""
    few = asyncio.Semaphore(_AT_ONCE)

    async def look(key: IncidentKey) -> Levels:
        case = calm(profile, key.environment, key.service)
        async with few:
            return _together(await asyncio.gather(*(ask(probe, case, last_try=True) for probe in _PROBES)))

    return dict(zip(keys, await asyncio.gather(*map(look, keys)), strict=True))


def _together(findings: Sequence[Finding]) -> Levels:
    verdicts = {finding.verdict for finding in findings}
    worst = Verdict.BAD if Verdict.BAD in verdicts else Verdict.UNKNOWN
    verdict = Verdict.OK if verdicts == {Verdict.OK} else worst
    return Levels(verdict=verdict, summary="; ".join(finding.summary for finding in findings))
