"""Evidence to diagnosis: every explanation weighed by what speaks for it and against it (D1-D7, F3-F5)."""

from collections.abc import Callable
from dataclasses import dataclass

from steadyhand.domain.evidence import Evidence, Verdict
from steadyhand.domain.plan import Diagnosis, Hypothesis, MitigationName
from steadyhand.rules.signs import Sign, when_bad, when_bad_without, when_fact

_ONLY_HERE = "fails_only_on_current_release"
_STARVED = "starved"


@dataclass(frozen=True, kw_only=True)
class _Explanation:
    """A cause, the signs of it, and the runbook's own condition for the change that heals it."""

    cause: str
    signs: tuple[Sign, ...]
    mitigation: MitigationName | None = None
    justified: Callable[[Evidence], bool] = lambda _: False


def _fails_only_on_the_current_release(evidence: Evidence) -> bool:
    """M1: reproducible on the current release and green on the last known good one; red on both is no reason."""
    return _bad_with(evidence, "regression_suite", _ONLY_HERE)


def _violates_the_contract(evidence: Evidence) -> bool:
    """M2: the counter spikes (D4), or the fuzz suite fails (D3) where the counter cannot be seen."""
    counter, suite = evidence.verdict("planner_contract_failures"), evidence.verdict("planner_contract_suite")
    return counter is Verdict.BAD or (suite is Verdict.BAD and counter is Verdict.UNKNOWN)


def _starves(evidence: Evidence) -> bool:
    """M3: nothing completes while tasks wait; a queue that moves is load or slow tools."""
    return _bad_with(evidence, "task_queue", _STARVED)


def _bad_with(evidence: Evidence, probe: str, fact: str) -> bool:
    return evidence.verdict(probe) is Verdict.BAD and evidence.fact(probe, fact) is True


_EXPLANATIONS = (
    _Explanation(
        cause="the current release fails its regression suite, the last known good one passes",
        mitigation=MitigationName.ROLL_BACK,
        justified=_fails_only_on_the_current_release,
        signs=(
            when_fact("regression_suite", 6, _ONLY_HERE),
            when_bad("hardening_workflow", 2, decisive=False),
            when_bad("recent_tasks", 1, decisive=False),
        ),
    ),
    _Explanation(
        cause="planner outputs violate the contract",
        mitigation=MitigationName.DISABLE_PLANNER,
        justified=_violates_the_contract,
        signs=(
            when_bad("planner_contract_failures", 5),
            when_bad("planner_contract_suite", 3),
            when_bad("recent_tasks", 1, decisive=False),
        ),
    ),
    _Explanation(
        cause="the task queue is starved",
        mitigation=MitigationName.SEQUENTIAL_SCHEDULING,
        justified=_starves,
        signs=(when_fact("task_queue", 4, _STARVED),),
    ),
    _Explanation(
        cause="the task queue is long but moves: load or slow tools",
        signs=(when_fact("task_queue", 3, _STARVED, value=False), when_bad("tool_adapters", 1, decisive=False)),
    ),
    _Explanation(
        cause="tools or guardrails are in trouble",
        signs=(when_bad("active_alerts", 2), when_bad("tool_adapters", 2)),
    ),
    _Explanation(
        cause="tasks fail or wait, and whether the queue is starved cannot be told",
        signs=(when_bad_without("task_queue", 2, _STARVED),),
    ),
    _Explanation(
        cause="the regression suite fails, and there is no other release to compare it with",
        signs=(when_bad_without("regression_suite", 2, _ONLY_HERE),),
    ),
    _Explanation(
        cause="the hardening workflow is red for the deployed commit", signs=(when_bad("hardening_workflow", 2),)
    ),
    _Explanation(cause="the orchestrator is not healthy", signs=(when_bad("reachability", 2),)),
    _Explanation(
        cause="the regression suite was red before this incident: it fails on the last known good release too",
        signs=(when_fact("regression_suite", 1, _ONLY_HERE, value=False),),
    ),
    _Explanation(cause="tasks fail", signs=(when_bad("recent_tasks", 1),)),
    _Explanation(cause="there is no young backup, should one be needed", signs=(when_bad("last_backup", 0),)),
)


def diagnose(evidence: Evidence) -> Diagnosis:
    """Ranked hypotheses: those that justify a change first, then by weight. Every bad finding supports one at least.

    Unknown findings support nothing (rule 4).
    """
    weighed = (_weighed(explanation, evidence) for explanation in _EXPLANATIONS)
    found = sorted((h for h in weighed if h is not None), key=lambda h: (h.mitigation is None, -h.weight))
    explained = {probe for h in found for probe in h.supported_by}
    bare = tuple(
        p for p in dict.fromkeys(f.probe for f in evidence.findings) if p not in explained and _is_bad(evidence, p)
    )
    if bare:
        found.append(Hypothesis(cause=f"no rule explains: {', '.join(bare)}", mitigation=None, supported_by=bare))
    if found:
        return Diagnosis(hypotheses=tuple(found), summary="; ".join(h.cause for h in found))
    blind = tuple(f.probe for f in evidence.findings if f.verdict is Verdict.UNKNOWN)
    seen = "nothing found is bad" if not blind else f"nothing found is bad, but could not look at: {', '.join(blind)}"
    return Diagnosis(hypotheses=(), summary=seen)


def _is_bad(evidence: Evidence, probe: str) -> bool:
    return evidence.verdict(probe) is Verdict.BAD


def _weighed(explanation: _Explanation, evidence: Evidence) -> Hypothesis | None:
    """The explanation with its findings, or None when no decisive sign speaks for it."""
    read = [(sign, f, sign.reads(f)) for sign in explanation.signs if (f := evidence.get(sign.probe)) is not None]
    if not any(says and sign.decisive for sign, _, says in read):
        return None
    return Hypothesis(
        cause=explanation.cause,
        mitigation=explanation.mitigation if explanation.justified(evidence) else None,
        weight=sum(sign.weight if says else -sign.weight for sign, _, says in read if says is not None),
        supported_by=tuple(sign.probe for sign, _, says in read if says is True),
        contradicted_by=tuple(sign.probe for sign, _, says in read if says is False),
        unknown=tuple(sign.probe for sign, f, _ in read if f.verdict is Verdict.UNKNOWN),
    )
