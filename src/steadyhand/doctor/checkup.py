"""What one check is, how it is made, and what it found: ok, drift, or unknown with the reason (rule 4)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from steadyhand.domain.evidence import Answer, Verdict
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import Record
from steadyhand.errors import PermanentError, TransientError

_LOG = logging.getLogger(__name__)
_SHOWN = 500


class CheckState(StrEnum):
    """Drift: runbook and reality disagree. Unknown: it could not be seen, or not be told."""

    OK = "ok"
    DRIFT = "drift"
    UNKNOWN = "unknown"


class Area(StrEnum):
    """What is examined, in the order it is shown."""

    ROUTES = "routes"
    METRICS = "metrics"
    ALERTS = "alerts"
    LOGS = "logs"
    JENKINS = "jenkins"
    GITHUB = "github"
    DEPLOYER = "deployer"
    SUITES = "suites"
    TOKENS = "tokens"
    DOCUMENTS = "documents"
    CHAT = "chat"


def _shown(text: str) -> str:
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))
    return printable if len(printable) <= _SHOWN else f"{printable[: _SHOWN - 4]} ..."


Shown = Annotated[str, AfterValidator(_shown)]
"""Words that may quote a stranger (rule 8): one bounded line without control characters."""


_STATES = {Verdict.OK: CheckState.OK, Verdict.BAD: CheckState.DRIFT, Verdict.UNKNOWN: CheckState.UNKNOWN}


class Seen(Record):
    """What a check saw. `nearest` is the real thing most like what was wanted; `remedy` the profile's line for it."""

    state: CheckState
    reason: Shown
    nearest: Shown | None = None
    remedy: str | None = None


def answered(answer: Answer) -> Seen:
    """What a probe says, as the doctor tells it: what is bad before any incident is a drift."""
    return Seen(state=_STATES[answer.verdict], reason=answer.summary)


class Checked(Seen):
    """What was seen, and of what. `environment` is None where it is the same for all."""

    area: Area
    name: Shown
    requirement: str
    environment: Environment | None

    @property
    def key(self) -> str:
        """What makes it the same check on another day."""
        return f"{self.environment or ''}|{self.area}|{self.name}"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question to reality. `look` never writes; `heavy` ones are made one at a time."""

    area: Area
    name: str
    requirement: str
    look: Callable[[], Awaitable[Seen]]
    environment: Environment | None = None
    timeout_seconds: float = 30.0
    heavy: bool = False


def ok(reason: str) -> Seen:
    """It is as the runbook says."""
    return Seen(state=CheckState.OK, reason=reason)


def drift(reason: str, *, nearest: str | None = None, remedy: str | None = None) -> Seen:
    """It is not as the runbook says."""
    return Seen(state=CheckState.DRIFT, reason=reason, nearest=nearest, remedy=remedy)


def unknown(reason: str) -> Seen:
    """It could not be told."""
    return Seen(state=CheckState.UNKNOWN, reason=reason)


async def made(check: Check) -> Checked:
    """What the check saw: unknown with the reason when it could not look, or not in time. Raises nothing.

    A defect in one check is logged and told by its kind, and never ends the examination (rule 7; ADR 6).
    """
    try:
        async with asyncio.timeout(check.timeout_seconds):
            seen = await check.look()
    except (TransientError, PermanentError) as error:
        seen = unknown(f"could not look: {error}")
    except TimeoutError:
        seen = unknown(f"no answer within {check.timeout_seconds:g} s")
    except Exception as error:  # noqa: BLE001 - the doctor's broad edge: a defect in one check must not end the others
        _LOG.exception("the check %s: %s has a defect", check.area, check.name)
        seen = unknown(f"the check itself has a defect, {type(error).__name__}")
    return Checked(
        **seen.model_dump(),
        area=check.area,
        name=check.name,
        requirement=check.requirement,
        environment=check.environment,
    )
