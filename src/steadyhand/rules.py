"""Judgement, pure: evidence to diagnosis, diagnosis to plan. No clock, no network, no logger, no Prefect."""

from collections.abc import Callable, Mapping

from steadyhand.domain.deployment import Deployment
from steadyhand.domain.evidence import Evidence, Verdict
from steadyhand.domain.incident import Incident
from steadyhand.domain.plan import Diagnosis, Hypothesis, MitigationName, Plan, PlanStep

Propose = Callable[[Deployment, str], PlanStep | None]
"""(what is deployed, the reason) -> the step that would change it, or None when there is nothing left to change."""


def diagnose(evidence: Evidence) -> Diagnosis:
    """Ranked hypotheses, the likeliest and most specific first. Unknown findings support nothing (rule 4)."""
    candidates = (
        _bad_release(evidence),
        _planner_contract(evidence),
        _queue(evidence),
        _tools(evidence),
        _unreachable(evidence),
    )
    found = tuple(h for h in candidates if h is not None)
    if found:
        return Diagnosis(hypotheses=found, summary="; ".join(h.cause for h in found))
    blind = tuple(f.probe for f in evidence.findings if f.verdict is Verdict.UNKNOWN)
    seen = "nothing found is bad" if not blind else f"nothing found is bad, but could not look at: {', '.join(blind)}"
    return Diagnosis(hypotheses=(), summary=seen)


def plan(
    incident: Incident,
    evidence: Evidence,
    diagnosis: Diagnosis,
    deployment: Deployment | None,
    proposals: Mapping[MitigationName, Propose],
) -> Plan:
    """The mitigations that the diagnosis justifies, in order, each starting from where the one before it ends.

    Empty when none is justified, or when the deployment could not be read: a change nobody can undo is not proposed.
    """
    steps: list[PlanStep] = []
    already: list[str] = []
    for hypothesis in diagnosis.hypotheses:
        if hypothesis.mitigation is None or deployment is None:
            continue
        step = proposals[hypothesis.mitigation](deployment, _because(evidence, hypothesis))
        if step is None:
            already.append(hypothesis.mitigation)
            continue
        steps.append(step)
        deployment = deployment.model_copy(update=dict(step.after))
    return Plan(
        incident_id=incident.id,
        generation=incident.generation,
        environment=incident.environment,
        dry_run=incident.dry_run,
        steps=tuple(steps),
        advice=_advice(evidence, diagnosis, deployment, already) if not steps else "",
    )


def _because(evidence: Evidence, hypothesis: Hypothesis) -> str:
    seen = (evidence.get(name) for name in hypothesis.supported_by)
    return f"{hypothesis.cause}: " + "; ".join(f"{f.requirement} {f.summary}" for f in seen if f)


def _advice(evidence: Evidence, diagnosis: Diagnosis, deployment: Deployment | None, already: list[str]) -> str:
    if deployment is None and any(h.mitigation for h in diagnosis.hypotheses):
        return f"A change is justified ({diagnosis.summary}), but what is deployed could not be read. Ask a person."
    if already:
        return f"{', '.join(already)} is already in force and the trouble goes on. Ask a person."
    if diagnosis.hypotheses:
        first = diagnosis.hypotheses[0]
        return (
            f"No runbook mitigation fits ({first.cause}). Ask a person; look first at: {', '.join(first.supported_by)}."
        )
    blind = [f.probe for f in evidence.findings if f.verdict is Verdict.UNKNOWN]
    return "Nothing justifies a change. " + (
        f"Look first at what could not be seen: {', '.join(blind)}." if blind else ""
    )


def _sorted_by_verdict(evidence: Evidence, *probes: str) -> dict[Verdict, tuple[str, ...]]:
    return {v: tuple(p for p in probes if evidence.verdict(p) is v) for v in Verdict}


def _bad_release(evidence: Evidence) -> Hypothesis | None:
    """M1: reproducible on the current release and green on the last known good one; red on both is no reason."""
    if evidence.verdict("regression_suite") is not Verdict.BAD:
        return None
    if evidence.fact("regression_suite", "fails_only_on_current_release") is not True:
        return None
    return Hypothesis(
        cause="the current release fails its regression suite, the last known good one passes",
        mitigation=MitigationName.ROLL_BACK,
        supported_by=("regression_suite",),
    )


def _planner_contract(evidence: Evidence) -> Hypothesis | None:
    """M2: the counter spikes (D4), or the fuzz suite fails (D3) where the counter cannot be seen."""
    by = _sorted_by_verdict(evidence, "planner_contract_failures", "planner_contract_suite")
    counter = evidence.verdict("planner_contract_failures")
    if counter is Verdict.OK or not by[Verdict.BAD]:
        return None
    return Hypothesis(
        cause="planner outputs violate the contract",
        mitigation=MitigationName.DISABLE_PLANNER,
        supported_by=by[Verdict.BAD],
        contradicted_by=by[Verdict.OK],
        unknown=by[Verdict.UNKNOWN],
    )


def _queue(evidence: Evidence) -> Hypothesis | None:
    """M3 only when nothing completes while tasks wait; a queue that moves is load or slow tools, not starvation."""
    if evidence.verdict("task_queue") is not Verdict.BAD:
        return None
    starved = evidence.fact("task_queue", "starved") is True
    return Hypothesis(
        cause="the task queue is starved" if starved else "the task queue is long but moves: load or slow tools",
        mitigation=MitigationName.SEQUENTIAL_SCHEDULING if starved else None,
        supported_by=("task_queue",),
    )


def _tools(evidence: Evidence) -> Hypothesis | None:
    if evidence.verdict("active_alerts") is not Verdict.BAD:
        return None
    return Hypothesis(cause="tool or guardrail alerts are active", mitigation=None, supported_by=("active_alerts",))


def _unreachable(evidence: Evidence) -> Hypothesis | None:
    if evidence.verdict("reachability") is not Verdict.BAD:
        return None
    return Hypothesis(cause="the orchestrator is not healthy", mitigation=None, supported_by=("reachability",))
