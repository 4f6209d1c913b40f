"""Words for people: the gate's question, the update (C1), the summary (C2). Pure; hostile text is escaped (rule 8)."""

import re
from collections.abc import Iterable
from datetime import datetime

from steadyhand.domain.evidence import Evidence, Finding, Verdict
from steadyhand.domain.exit_criteria import ExitCheck
from steadyhand.domain.incident import Incident
from steadyhand.domain.outcome import MitigationResult
from steadyhand.domain.plan import Diagnosis, Plan, PlanStep, Review
from steadyhand.domain.timeline import Kind, TimelineEntry

_REASON_LENGTH = 300
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@/])")
_MARK = {Verdict.OK: "ok", Verdict.BAD: "**BAD**", Verdict.UNKNOWN: "_unknown_"}


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is, on one line: no link, no tag, no heading comes out of it."""
    flat = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", flat)


def evidence_table(findings: Iterable[Finding]) -> str:
    """A Markdown table of findings."""
    rows = (f"| {f.requirement} | {escaped(f.probe)} | {_MARK[f.verdict]} | {escaped(f.summary)} |" for f in findings)
    return "\n".join(("| line | probe | verdict | what was seen |", "|---|---|---|---|", *rows))


def gate_question(
    incident: Incident, evidence: Evidence, diagnosis: Diagnosis, plan: Plan, people: Iterable[str]
) -> str:
    """What a person reads before saying yes: the trouble, the evidence, the exact change, its proof and its undo."""
    dry = "\n\n**Dry run:** nothing will be changed." if plan.dry_run else ""
    steps = "\n".join(_step(n, step) for n, step in enumerate(plan.steps, 1)) or escaped(plan.advice)
    review = f"\n\n{_review(plan.review, alone=not plan.steps)}" if plan.review else ""
    return (
        f"## Approve this plan for {incident.environment}?{dry}\n\n"
        f"**Incident {incident.short_id}**, {incident.severity}: {escaped(incident.description)}\n\n"
        f"{steps}{review}\n\n### Diagnosis\n\n{hypotheses(diagnosis)}\n\n### Evidence\n\n"
        f"{evidence_table(evidence.findings)}\n\n"
        f"Who may decide: {', '.join(escaped(p) for p in people) or 'nobody: name people in approvals.people'}. "
        f"Plan digest `{plan.digest[:12]}`. No answer in time is a no."
    )


def hypotheses(diagnosis: Diagnosis) -> str:
    """The ranked explanations, each with what speaks for it, against it, and what could not be seen."""
    if not diagnosis.hypotheses:
        return f"{escaped(diagnosis.summary)}."
    rows = (
        f"| {n} | {escaped(h.cause)} | {_names(h.supported_by)} | {_names(h.contradicted_by)} | {_names(h.unknown)} |"
        for n, h in enumerate(diagnosis.hypotheses, 1)
    )
    return "\n".join(("| | what it may be | for | against | not seen |", "|---|---|---|---|---|", *rows))


def _names(probes: Iterable[str]) -> str:
    return ", ".join(escaped(p) for p in probes) or "–"


def _review(review: Review, *, alone: bool) -> str:
    when = "" if alone else "Should that not restore automation: "
    task = f", task {_code(review.task_id)}" if review.task_id else ""
    return f"{when}**M4 assign-review** to {escaped(review.reviewer)}{task}; nothing else changes."


def _step(number: int, step: PlanStep) -> str:
    after = ", if it is still needed then" if number > 1 else ""
    changes = "\n".join(f"    - {_code(c.name)}: {_code(c.before)} → {_code(c.after)}" for c in step.changes)
    return (
        f"{number}. **{step.requirement} {step.mitigation}**{after}\n{changes}\n"
        f"    - touches: {escaped(step.blast_radius)}\n"
        f"    - proof: {escaped(step.expected_effect)}, within {step.verify_window_seconds:.0f} s, else it is undone\n"
        f"    - measured by: {escaped(step.measured_by)}\n"
        f"    - undo: {escaped(step.undo)}\n"
        f"    - because {escaped(_short(step.reason))}"
    )


def _code(text: str | None) -> str:
    """A code span that no backtick inside it can end."""
    return f"`{' '.join(str(text).replace('`', chr(39)).split())}`"


def _short(text: str) -> str:
    """The beginning; the whole stands in the evidence below it."""
    return text if len(text) <= _REASON_LENGTH else f"{text[:_REASON_LENGTH]} ..."


def closure_question(incident: Incident, check: ExitCheck | None, summary_file: str) -> str:
    """What the weekly operations sync reads before it closes the incident (E4)."""
    state = check.state.value if check else "not evaluated yet"
    points = "\n".join(f"- {escaped(p)}" for p in check.open_points) if check else ""
    return (
        f"## Close incident {incident.short_id} ({incident.environment})?\n\n"
        f"{escaped(incident.description)}\n\nSummary: `{summary_file}`\n\n"
        f"Exit criteria E1-E3: **{state}**\n\n{points}\n\n"
        "Approve when the weekly operations sync has approved the summary. The criteria are checked again then: "
        "what is unmet or unknown keeps the incident open."
    )


def status_update(incident: Incident, entries: Iterable[TimelineEntry], check: ExitCheck | None, now: datetime) -> str:
    """C1: status, mitigation progress, blockers, in plain text."""
    listed = list(entries)
    changes = [e.summary for e in listed if e.kind in (Kind.CHANGE, Kind.VERIFICATION)]
    troubles = [e.summary for e in listed if e.kind is Kind.TROUBLE][-3:]
    blockers = [*troubles, *(check.open_points if check else ())]
    minutes = int((now - incident.started_at).total_seconds() // 60)
    lines = (
        f"Incident {incident.title}: {incident.status}, {minutes} min since it started",
        f"Commander: {incident.commander}",
        f"Mitigation: {changes[-1] if changes else 'nothing changed so far'}",
        f"Blockers: {'; '.join(blockers) if blockers else 'none'}",
    )
    # One line each, whatever an alert's text holds: it must not forge another.
    return "\n".join(" ".join(line.split()) for line in lines)


def summary(
    incident: Incident, evidence: Evidence, result: MitigationResult, check: ExitCheck, entries: Iterable[TimelineEntry]
) -> str:
    """C2: the incident's summary, in Markdown."""
    outcomes = "\n".join(
        f"- {o.requirement} {o.mitigation}: **{o.state}**. {escaped(o.summary)}" for o in result.outcomes
    )
    points = "\n".join(f"- {escaped(p)}" for p in check.open_points)
    diary = "\n".join(f"| {e.at:%H:%M:%S} | {e.kind} | {escaped(e.actor)} | {escaped(e.summary)} |" for e in entries)
    return (
        f"# Incident {incident.short_id}: {incident.environment}/{escaped(incident.service)}\n\n"
        f"- Started: {incident.started_at:%Y-%m-%d %H:%M:%S %Z}\n- Severity: {incident.severity}\n"
        f"- Commander: {escaped(incident.commander)}\n- Trouble: {escaped(incident.description)}\n\n"
        f"## Evidence\n\n{evidence_table(evidence.findings)}\n\n"
        f"## Mitigation\n\n{escaped(result.decision)}\n\n{outcomes}\n\n"
        f"## Exit criteria\n\n**{check.state}**\n\n{points}\n\n"
        f"## Timeline (UTC)\n\n| at | what | who | |\n|---|---|---|---|\n{diary}\n"
    )
