"""Diagnosis to plan: which of the runbook's changes is justified, in which order (M1-M4)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from steadyhand.domain.deployment import Deployment
from steadyhand.domain.evidence import Evidence, Finding, Verdict
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Diagnosis, Hypothesis, MitigationName, Plan, PlanStep, Review

Propose = Callable[[Deployment, str], PlanStep | None]
"""(what is deployed, the reason) -> the step that would change it, or None when there is nothing left to change."""
_ORDER = (MitigationName.ROLL_BACK, MitigationName.SEQUENTIAL_SCHEDULING, MitigationName.DISABLE_PLANNER)
"""An older release may heal everything; while the queue starves nothing finishes, and no other effect is measurable."""
_LOOKED_AT_FIRST = 5
_REASON_LENGTH = 2000


@dataclass(frozen=True, kw_only=True)
class Reviewing:
    """M4 as the profile has it: who is engaged, None where nobody is named, and for which severities."""

    reviewer: str | None
    severities: frozenset[str]


def plan(
    incident: Incident,
    evidence: Evidence,
    diagnosis: Diagnosis,
    deployment: Deployment | None,
    proposals: Mapping[MitigationName, Propose],
    reviewing: Reviewing,
) -> Plan:
    """The mitigations that the diagnosis justifies, in order, each starting from where the one before it ends.

    No step when none is justified, or when the deployment could not be read: a change nobody can undo is not proposed.
    At high severity a reviewer is engaged should the steps not restore automation (M4).
    """
    steps: list[PlanStep] = []
    already: list[str] = []
    reached = deployment
    justified = {h.mitigation: h for h in diagnosis.hypotheses if h.mitigation is not None}
    for mitigation in (name for name in _ORDER if name in justified and reached is not None):
        assert reached is not None
        step = proposals[mitigation](reached, _because(evidence, justified[mitigation]))
        if step is None:
            already.append(mitigation)
            continue
        steps = [*(one.model_copy(update={"others_follow": True}) for one in steps), step]
        reached = reached.model_copy(update=dict(step.after))
    return Plan(
        incident_id=incident.id,
        generation=incident.generation,
        environment=incident.environment,
        dry_run=incident.dry_run,
        steps=tuple(steps),
        review=_review(incident, evidence, diagnosis, reviewing),
        advice=" ".join(_advice(evidence, diagnosis, deployment, already, steps=bool(steps)))
        + _nobody(incident, reviewing),
    )


def _because(evidence: Evidence, hypothesis: Hypothesis) -> str:
    seen = (evidence.get(name) for name in hypothesis.supported_by)
    return f"{hypothesis.cause}: " + "; ".join(f"{f.requirement} {f.summary}" for f in seen if f)


def _review(incident: Incident, evidence: Evidence, diagnosis: Diagnosis, reviewing: Reviewing) -> Review | None:
    if incident.severity not in reviewing.severities or reviewing.reviewer is None:
        return None
    examples = evidence.fact("recent_tasks", "examples")
    first = examples[0] if isinstance(examples, list) and examples else None
    task_id = first.get("task_id") if isinstance(first, dict) else None
    reason = f"incident {incident.short_id} in {incident.environment}, {incident.service}: {diagnosis.summary}"
    return Review(
        reviewer=reviewing.reviewer,
        reason=reason if len(reason) <= _REASON_LENGTH else f"{reason[: _REASON_LENGTH - 4]} ...",
        task_id=task_id if isinstance(task_id, str) else None,
        idempotency_key=f"steadyhand-{incident.id}-{incident.generation}",
    )


def _nobody(incident: Incident, reviewing: Reviewing) -> str:
    if incident.severity not in reviewing.severities or reviewing.reviewer is not None:
        return ""
    return " M4 engages nobody: name a reviewer under reviews.reviewer."


def _advice(
    evidence: Evidence, diagnosis: Diagnosis, deployment: Deployment | None, already: list[str], *, steps: bool
) -> Iterable[str]:
    """Why no change is proposed, and where a person looks first; nothing where steps are."""
    if steps:
        return
    if deployment is None and any(h.mitigation for h in diagnosis.hypotheses):
        why = f"A change is justified ({diagnosis.summary}), but what is deployed could not be read. Ask a person."
    elif already:
        why = f"{', '.join(already)} is already in force or has nowhere to go, and the trouble goes on. Ask a person."
    elif diagnosis.hypotheses:
        why = f"No runbook mitigation fits ({diagnosis.hypotheses[0].cause}). Ask a person."
    else:
        why = "Nothing justifies a change. Ask a person."
    yield why
    named = (name for h in diagnosis.hypotheses for name in (*h.supported_by, *h.contradicted_by))
    bad = [f for name in dict.fromkeys(named) if (f := evidence.get(name)) and f.verdict is Verdict.BAD]
    if bad:
        yield f"Look first at: {'; '.join(_told(f) for f in bad[:_LOOKED_AT_FIRST])}."
    blind = [f.probe for f in evidence.findings if f.verdict is Verdict.UNKNOWN]
    if blind:
        yield f"Could not be seen: {', '.join(blind)}."


def _told(finding: Finding) -> str:
    return f"{finding.probe} ({finding.requirement}: {finding.summary})"
