"""Asking for an approval, and taking the answers people gave in the Prefect UI's form (P2)."""

import hashlib
from contextlib import suppress
from uuid import UUID, uuid4

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRunInput
from prefect.runtime import flow_run
from pydantic import TypeAdapter, ValidationError

from steadyhand.approving import ask, decide, lifetime
from steadyhand.domain.approval import Approval, ApprovalStatus, Gate, Vote
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Plan
from steadyhand.domain.record import utc_now
from steadyhand.errors import ApprovalRefused
from steadyhand.profile import Profile
from steadyhand.store import approvals
from steadyhand.store.database import Database
from tasks.opened import opened

_VOTE = TypeAdapter(Vote)
_ANSWERS = 200


def gate_key(approval: Approval) -> str:
    """What the keys of this question's suspensions begin with."""
    return f"gate-{approval.id}"


@task(name="ask for approval", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def ask_for_plan(incident: Incident, plan: Plan, question: str) -> Approval:
    """The question of this plan, bound to its digest; asked again, the same question with its answer so far."""
    return await _ask(incident, Gate.MITIGATION, plan.digest, question)


@task(name="ask for closure", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def ask_for_closure(incident: Incident, attempt: int, question: str) -> Approval:
    """The question whether the weekly sync closes the incident (E4); each attempt is a question of its own."""
    subject = f"close {incident.id} generation {incident.generation} attempt {attempt}"
    return await _ask(incident, Gate.CLOSURE, hashlib.sha256(subject.encode()).hexdigest(), question)


async def _ask(incident: Incident, gate: Gate, digest: str, question: str) -> Approval:
    async with opened() as (profile, database):
        now = utc_now()
        by_policy = gate is Gate.MITIGATION and profile.environment(incident.environment).approval == "policy"
        asked = Approval(
            id=uuid4(),
            incident_id=incident.id,
            generation=incident.generation,
            gate=gate,
            environment=incident.environment,
            digest=digest,
            question=question,
            status=ApprovalStatus.PENDING,
            requested_at=now,
            expires_at=now + lifetime(profile, gate),
        )
        return await ask(database, asked, policy=by_policy)


@task(name="take answers", retries=3, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def take_answers(approval: Approval) -> Approval:
    """The approval after every form sent so far was judged, each at the instant it was sent, each once.

    A refused answer is on the timeline with its reason and leaves the gate open. Resuming the run without the form, by
    setting its state by hand, leaves no answer and so changes nothing. Once decided, the run is marked as woken.
    """
    run_id = UUID(str(flow_run.get_id()))
    async with get_client() as client:
        inputs = await client.filter_flow_run_input(run_id, f"suspended-{gate_key(approval)}", _ANSWERS, set())
    async with opened() as (profile, database):
        for given in sorted(inputs, key=lambda i: i.created or utc_now()):
            if given.key.endswith("-response"):
                await _take(database, profile, approval, given)
        async with database.transaction() as connection:
            current = await approvals.get(connection, approval.id)
            if current.status is not ApprovalStatus.PENDING:
                await approvals.woken(connection, approval.id, utc_now())
            return current


async def _take(database: Database, profile: Profile, approval: Approval, given: FlowRunInput) -> None:
    try:
        vote = _VOTE.validate_json(given.value)
    except ValidationError:
        return  # Prefect validated the form before it stored it; what it never showed cannot be a yes
    with suppress(ApprovalRefused):
        sent_at = given.created or utc_now()
        await decide(database, profile, approval.id, vote, via="Prefect UI", now=sent_at, once=given.key)
