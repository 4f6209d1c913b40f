"""Diagnosis and plan: what is thought to be wrong, and what is to be done about it."""

from flows.phase import phase
from steadyhand.domain.evidence import Evidence
from steadyhand.domain.incident import Incident
from steadyhand.domain.timeline import Kind
from tasks.announce import announce
from tasks.decide import Proposal, propose
from tasks.note import note


@phase("diagnosis and plan")
async def diagnosis_and_plan(incident: Incident, evidence: Evidence) -> Proposal:
    """The proposal of this generation, on the timeline and in the channel.

    A phase, so that it is drafted once: a plan that was approved is carried out as it was shown, however severe the
    incident has become since, and whatever was changed in the profile.
    """
    proposal = await propose(incident, evidence)
    plan = proposal.plan
    steps = "; ".join(f"{s.requirement} {s.mitigation}" for s in plan.steps) or plan.advice
    if plan.review is not None:
        steps = f"{steps.rstrip('.')}. Should that not restore automation: M4, a review by {plan.review.reviewer}."
    await note(incident, Kind.DIAGNOSIS, proposal.diagnosis.summary, once="diagnosis")
    await note(incident, Kind.PLAN, f"plan {plan.digest[:12]}: {steps}", once="plan")
    await announce(incident, f"Diagnosis: {proposal.diagnosis.summary}. Plan: {steps}", once="plan")
    return proposal
