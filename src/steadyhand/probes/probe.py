"""What a probe is, and how one is asked."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from steadyhand.domain.alert import Alert
from steadyhand.domain.evidence import Answer, Branch, Finding, Verdict
from steadyhand.domain.incident import Incident
from steadyhand.domain.record import utc_now
from steadyhand.errors import PermanentError, TransientError
from steadyhand.profile import EnvironmentProfile, Profile

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a probe may know: the incident, its alerts, the instant it is asked at, and the profile.

    The profile is the one that holds in the incident's environment: `Profile.within`.
    """

    profile: Profile
    incident: Incident
    alerts: tuple[Alert, ...]
    now: datetime

    @property
    def environment(self) -> EnvironmentProfile:
        """The incident's environment. Raises ConfigurationError when the profile has none."""
        return self.profile.environment(self.incident.environment)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that pick this incident's series and alerts."""
        names = self.profile.prometheus
        return {
            names.environment_label: self.profile.called(self.incident.environment),
            names.service_label: self.incident.service,
        }


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One question. `question` is the text people see; `collect` never writes and never changes the target.

    `timeout_seconds` bounds the whole of it; a function where that follows from the profile.
    """

    name: str
    requirement: str
    branch: Branch
    question: str
    collect: Callable[[Case], Awaitable[Answer]]
    timeout_seconds: float | Callable[[Profile], float] = 60.0

    def limit_seconds(self, profile: Profile) -> float:
        """How long an answer may take with this profile."""
        return self.timeout_seconds(profile) if callable(self.timeout_seconds) else self.timeout_seconds


async def ask(probe: Probe, case: Case, *, last_try: bool) -> Finding:
    """The probe's finding: unknown, with the reason, when it could not look (rule 4).

    Raises TransientError unless this is the last try, and nothing else: a defect in one question is logged, is unknown
    to the incident, and never ends the response (rule 7).
    """
    began, limit = time.monotonic(), probe.limit_seconds(case.profile)
    try:
        async with asyncio.timeout(limit):
            answer = await probe.collect(case)
    except TransientError as error:
        if not last_try:
            raise
        answer = _unknown(str(error))
    except PermanentError as error:
        answer = _unknown(str(error))
    except TimeoutError:
        answer = _unknown(f"no answer within {limit:g} s")
    except Exception as error:  # noqa: BLE001 - a documented broad edge (ADR 6): one defect must not end the response
        _LOG.exception("the probe %s has a defect", probe.name)
        answer = _unknown(f"the probe itself has a defect, {type(error).__name__}: {error}")
    return Finding(
        **answer.model_dump(),
        probe=probe.name,
        requirement=probe.requirement,
        branch=probe.branch,
        observed_at=utc_now(),
        seconds=round(time.monotonic() - began, 3),
    )


def _unknown(reason: str) -> Answer:
    return Answer(verdict=Verdict.UNKNOWN, summary=f"could not look: {reason}")
