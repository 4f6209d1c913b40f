"""Evidence to diagnosis to plan: the judgement is `steadyhand.rules`'; here it is only given what it needs."""

from functools import partial

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE

from steadyhand.approving import people_for
from steadyhand.domain.evidence import Evidence
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Diagnosis, Plan
from steadyhand.domain.record import Record
from steadyhand.mitigations import REGISTRY
from steadyhand.mitigations.mitigation import Mitigation
from steadyhand.probes.deployment import read_from
from steadyhand.profile import Profile, load_profile
from steadyhand.rules import Propose, Reviewing, diagnose, plan
from steadyhand.telling import gate_question


class Proposal(Record):
    """What is thought to be wrong, what is to be done, and the words in which a person is asked."""

    diagnosis: Diagnosis
    plan: Plan
    question: str


@task(name="diagnose and plan", retries=2, retry_delay_seconds=2, cache_policy=NO_CACHE)
async def propose(incident: Incident, evidence: Evidence) -> Proposal:
    """The diagnosis and the plan for this evidence; the evidence is also shown as an artifact of the run.

    The digest binds the approval to exactly this plan (rule 1); the phase that calls this keeps it for every replay.
    """
    profile = load_profile().within(incident.environment)
    diagnosis = diagnose(evidence)
    proposals = {name: _proposer(mitigation, profile) for name, mitigation in REGISTRY.items()}
    reviewing = Reviewing(
        reviewer=profile.reviewer(incident.commander), severities=frozenset(profile.reviews.severities)
    )
    drafted = plan(incident, evidence, diagnosis, read_from(evidence), proposals, reviewing)
    question = gate_question(incident, evidence, diagnosis, drafted, people_for(profile, incident.environment))
    await acreate_markdown_artifact(
        markdown=question, key=f"incident-{incident.short_id}", description="Evidence, diagnosis and plan"
    )
    return Proposal(diagnosis=diagnosis, plan=drafted, question=question)


def _proposer(mitigation: Mitigation, profile: Profile) -> Propose:
    return partial(mitigation.propose, profile=profile)
