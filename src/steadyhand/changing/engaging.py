"""Engaging a human reviewer when automation is not restored (M4)."""

from uuid import UUID

from steadyhand.changing.recording import granted
from steadyhand.clients import quoting, reviews
from steadyhand.domain.plan import Plan, Review
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import PermanentError, TransientError
from steadyhand.profile import Profile
from steadyhand.store.database import Database
from steadyhand.store.timeline import found, write


async def engage_reviewer(
    database: Database, profile: Profile, plan: Plan, review: Review, approval_id: UUID, *, last_try: bool
) -> str:
    """What became of it, in words; it is on the timeline once, whatever the run is replayed.

    The key of the review makes a repetition after a crash the same review. An orchestrator that refuses, or whose
    answer names another reviewer, leaves trouble on the timeline: a person is told, and nothing else waits for it.
    Raises ApprovalRefused without a yes to exactly this plan, TransientError when there is another try.
    """
    once = f"review:{review.idempotency_key}"
    async with database.transaction() as connection:
        await granted(connection, plan, approval_id)
        if (before := await found(connection, plan.incident_id, once)) is not None:
            return before.summary
    kind, told = await _asked(profile, plan, review, last_try=last_try)
    entry = TimelineEntry(
        incident_id=plan.incident_id, at=utc_now(), kind=kind, actor="steadyhand", summary=f"M4 {told}", once=once
    )
    async with database.transaction() as connection:
        await write(connection, entry)
    return f"M4 {told}"


async def _asked(profile: Profile, plan: Plan, review: Review, *, last_try: bool) -> tuple[Kind, str]:
    if plan.dry_run:
        return Kind.CHANGE, f"dry run: would have assigned the review to {review.reviewer}"
    url, within = profile.environment(plan.environment).url, profile.within(plan.environment)
    try:
        assigned = await reviews.assign(url, within.orchestrator, review, utc_now())
    except (TransientError, PermanentError) as error:
        if isinstance(error, TransientError) and not last_try:
            raise
        return Kind.TROUBLE, f"could not assign the review to {review.reviewer}: {error}"
    if assigned.reviewer != quoting.start(review.reviewer):
        return Kind.TROUBLE, f"asked for {review.reviewer} as reviewer, the answer names {assigned.reviewer!r}"
    return Kind.CHANGE, f"review {assigned.review_id} assigned to {review.reviewer}"
