"""The one place where a decision is accepted or refused (P2, rule 1). Form, command line and expiry all end here."""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

import pyotp
from sqlalchemy.ext.asyncio import AsyncConnection

from steadyhand.domain.approval import Approval, ApprovalStatus, Decision, Gate, Vote
from steadyhand.domain.incident import Environment
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import ApprovalRefused, ConfigurationError
from steadyhand.profile import Person, Profile
from steadyhand.store import approvals
from steadyhand.store.database import Database
from steadyhand.store.timeline import write, written

_CODE_SECONDS = 30
_CODE_STEPS_TOLERATED = 1
_STATUS = {Decision.APPROVE: ApprovalStatus.APPROVED, Decision.REJECT: ApprovalStatus.REJECTED}


async def ask(database: Database, question: Approval, *, policy: bool) -> Approval:
    """The question is asked, once, and on the timeline. With `policy` it is answered yes by the recorded policy."""
    async with database.transaction() as connection:
        asked = await approvals.request(connection, question)
        await write(
            connection,
            _entry(
                asked, f"{asked.gate} approval asked for, until {asked.expires_at:%H:%M:%S %Z}", "asked", "steadyhand"
            ),
        )
        if policy and asked.status is ApprovalStatus.PENDING:
            return await _settle(
                connection,
                asked,
                ApprovalStatus.APPROVED,
                by=f"policy of {asked.environment}",
                via="policy",
                now=question.requested_at,
            )
        return asked


async def decide(
    database: Database, profile: Profile, approval_id: UUID, vote: Vote, *, via: str, now: datetime, once: str
) -> Approval:
    """The decision is recorded, with who, when and how.

    Raises ApprovalRefused with the reason (already decided, expired, unknown person, no right, wrong or used code); the
    refusal is on the timeline under `once` and the gate stays open.
    """
    refused_as = f"refused:{once}"
    async with database.transaction() as connection:
        asked = await approvals.get(connection, approval_id)
        if await written(connection, asked.incident_id, _once(asked, refused_as)):
            raise ApprovalRefused("this very answer was refused before")
    try:
        return await _accept(database, profile, approval_id, vote, via=via, now=now)
    except ApprovalRefused as refusal:
        async with database.transaction() as connection:
            told = f"{vote.decision} by {vote.approver!r} via {via} refused: {refusal}"
            await write(connection, _entry(asked, told, refused_as, vote.approver, at=now))
        raise


async def _accept(
    database: Database, profile: Profile, approval_id: UUID, vote: Vote, *, via: str, now: datetime
) -> Approval:
    async with database.transaction() as connection:
        asked = await approvals.get(connection, approval_id, lock=True)
        _check_open(asked, now)
        step = _check_person(profile, asked, vote, now)
        if not await approvals.spend_code(connection, vote.approver, step):
            raise ApprovalRefused(f"the code of {vote.approver} was used before; wait for the next one")
        return await _settle(
            connection, asked, _STATUS[vote.decision], by=vote.approver, via=via, now=now, comment=vote.comment
        )


async def expire(database: Database, now: datetime) -> int:
    """Every question whose time is over is expired: silence is a no. Returns how many were."""
    async with database.transaction() as connection:
        overdue = await approvals.due(connection, now)
        for asked in overdue:
            await _settle(
                connection,
                asked,
                ApprovalStatus.EXPIRED,
                by="nobody",
                via="expiry",
                now=now,
            )
        return len(overdue)


def people_for(profile: Profile, environment: Environment) -> tuple[str, ...]:
    """Who may decide in this environment."""
    return tuple(n for n, person in profile.approvals.people.items() if environment in person.environments)


def lifetime(profile: Profile, gate: Gate) -> timedelta:
    """How long a question at this gate stands."""
    limits = profile.approvals
    seconds = limits.closure_expires_seconds if gate is Gate.CLOSURE else limits.mitigation_expires_seconds
    return timedelta(seconds=seconds)


def _check_open(asked: Approval, now: datetime) -> None:
    if asked.status is not ApprovalStatus.PENDING:
        raise ApprovalRefused(f"it is already {asked.status}, by {asked.decided_by} via {asked.via}")
    if now >= asked.expires_at:
        raise ApprovalRefused(f"it expired at {asked.expires_at.isoformat()}")


def _check_person(profile: Profile, asked: Approval, vote: Vote, now: datetime) -> int:
    """The number of the 30-second step the code belongs to."""
    person = profile.approvals.people.get(vote.approver)
    if person is None:
        raise ApprovalRefused(
            f"{vote.approver!r} is not among the people of the profile ([approvals.people] names who may decide)"
        )
    if asked.environment not in person.environments:
        raise ApprovalRefused(f"{vote.approver!r} may not decide for {asked.environment}")
    try:
        step = _matching_step(person, vote.code, now)
    except ValueError as error:
        raise ConfigurationError(
            f"the one-time-code secret of {vote.approver!r} is none (base32, 26 characters or more): {error}"
        ) from error
    if step is None:
        raise ApprovalRefused(
            f"the code of {vote.approver!r} is wrong or too old; codes change every {_CODE_SECONDS} s"
        )
    return step


def _matching_step(person: Person, code: str, now: datetime) -> int | None:
    totp = pyotp.TOTP(person.totp.resolve().get_secret_value(), interval=_CODE_SECONDS)
    current = totp.timecode(now)
    tolerated = range(current - _CODE_STEPS_TOLERATED, current + _CODE_STEPS_TOLERATED + 1)
    given = code.replace(" ", "")
    return next((s for s in tolerated if hmac.compare_digest(given.encode(), totp.generate_otp(s).encode())), None)


async def _settle(
    connection: AsyncConnection,
    asked: Approval,
    status: ApprovalStatus,
    *,
    by: str,
    via: str,
    now: datetime,
    comment: str = "",
) -> Approval:
    settled = await approvals.settle(connection, asked.id, status, by=by, via=via, at=now, comment=comment)
    told = f"{asked.gate} {status} by {by} via {via}" + (f": {comment}" if comment else "")
    await write(connection, _entry(asked, told, "settled", by, at=now))
    return settled


def _entry(asked: Approval, summary: str, once: str, actor: str, *, at: datetime | None = None) -> TimelineEntry:
    return TimelineEntry(
        incident_id=asked.incident_id,
        at=at or asked.requested_at,
        kind=Kind.APPROVAL,
        actor=actor,
        summary=summary,
        detail={"approval": str(asked.id), "gate": asked.gate, "digest": asked.digest},
        once=_once(asked, once),
    )


def _once(asked: Approval, step: str) -> str:
    return f"approval:{asked.id}:{step}"
