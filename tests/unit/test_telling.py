"""Words for people. Alert text is hostile and comes out inert (rule 8)."""

from datetime import timedelta

import pytest
from markdown_it import MarkdownIt

from steadyhand.domain.evidence import Verdict
from steadyhand.domain.exit_criteria import ExitCheck
from steadyhand.domain.outcome import LedgerState, MitigationResult, Outcome
from steadyhand.domain.plan import Diagnosis, Hypothesis, MitigationName, Review
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.profile import Profile
from steadyhand.telling import closure_question, escaped, gate_question, status_update, summary

from .made import INCIDENT_ID, NOW, evidence, finding, incident, planner_off

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="http://evil.test">log in</a>',
    "[log in](http://evil.test)",
    "![x](http://evil.test/beacon.png)",
    "<http://evil.test>",
    "[log in][1]\n\n[1]: http://evil.test",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\n# Approved by everyone\n",
    "x\n=====\n",
    "x\u2028# heading",
    "```\ncode\n```",
    "` | `<img src=x>` |",
    "a | b | c |\n| d | e |",
    "\\<script>",
    "\\[a](http://evil.test)",
    "- item\n- item",
    "1. item",
    "> quoted",
    "*bold* _it_ ~~gone~~",
    "---",
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def rendered(text: str) -> str:
    """The HTML a generous viewer would make of it: raw HTML allowed."""
    return str(MARKDOWN.render(text))


def shape(text: str) -> list[str]:
    """The structure of the rendered document: every tag, without the words."""
    return [
        token.tag + str(token.nesting)
        for block in MARKDOWN.parse(text)
        for token in (block, *(block.children or ()))
        if token.tag or "html" in token.type
    ]


def entry(kind: Kind, told: str, actor: str = "steadyhand") -> TimelineEntry:
    """A line of the timeline."""
    return TimelineEntry(incident_id=INCIDENT_ID, at=NOW, kind=kind, actor=actor, summary=told, once=told[:300] or "x")


def question(profile: Profile, text: str) -> str:
    """The gate's question with `text` wherever an alert or a target can put one."""
    made = planner_off(profile, INCIDENT_ID)
    made = made.model_copy(update={"steps": (made.steps[0].model_copy(update={"reason": text}),)})
    seen = evidence(finding("task_queue", Verdict.BAD, text))
    return gate_question(incident(description=text), seen, Diagnosis(hypotheses=(), summary=text), made, [text])


def written(text: str) -> str:
    """The summary with `text` wherever an alert, a person or a target can put one."""
    seen = evidence(finding("task_queue", Verdict.BAD, text))
    outcome = Outcome(
        mitigation=MitigationName.DISABLE_PLANNER, requirement="M2", state=LedgerState.REFUSED, summary=text
    )
    result = MitigationResult(decision=text, outcomes=(outcome,))
    check = ExitCheck(findings=(finding("task_completion", Verdict.BAD, text),))
    lines = [entry(Kind.ALERT, text, actor=text)]
    return summary(incident(description=text, commander=text), seen, result, check, lines)


def closing(text: str) -> str:
    """The closure question with `text` in it."""
    check = ExitCheck(findings=(finding("task_completion", Verdict.BAD, text),))
    return closure_question(incident(description=text), check, "docs/x.md")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_the_gate_question_is_shown_and_not_obeyed(profile: Profile, text: str) -> None:
    html = rendered(question(profile, text))
    assert not [tag for tag in ("<script", "<a ", "<img", "<h1") if tag in html]
    assert shape(question(profile, text)) == shape(question(profile, "plain"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_the_summary_is_shown_and_not_obeyed(text: str) -> None:
    html = rendered(written(text))
    assert not [tag for tag in ("<script", "<a ", "<img") if tag in html]
    assert html.count("<h1") == 1
    assert shape(written(text)) == shape(written("plain"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_the_closure_question_is_shown_and_not_obeyed(text: str) -> None:
    assert shape(closing(text)) == shape(closing("plain"))


def test_escaped_text_reads_as_it_was_written() -> None:
    assert rendered(escaped("a < b & c_d *e* #1")) == "<p>a &lt; b &amp; c_d *e* #1</p>\n"


def test_the_gate_question_shows_the_exact_change_its_proof_and_its_undo(profile: Profile) -> None:
    """P2: what a person says yes to."""
    made = planner_off(profile, INCIDENT_ID)
    asked = gate_question(incident(), evidence(), Diagnosis(hypotheses=(), summary="d"), made, ["ada"])
    assert "`PLANNING__ENABLED`: `true` → `false`" in asked
    step = made.steps[0]
    for words in (step.undo, step.blast_radius, step.expected_effect, step.measured_by):
        assert escaped(words) in asked
    assert made.digest[:12] in asked
    assert "ada" in asked
    assert "Dry run" not in asked


def test_the_gate_question_ranks_the_explanations_with_what_speaks_for_and_against_them(profile: Profile) -> None:
    """P2: a person sees why, before they say yes."""
    explained = Hypothesis(
        cause="the planner",
        mitigation=None,
        supported_by=("task_queue",),
        contradicted_by=("reachability",),
        unknown=("active_alerts",),
    )
    diagnosis = Diagnosis(hypotheses=(explained,), summary="d")
    asked = gate_question(incident(), evidence(), diagnosis, planner_off(profile, INCIDENT_ID), [])
    assert "| 1 | the planner | task\\_queue | reachability | active\\_alerts |" in asked


def test_the_gate_question_names_the_reviewer_and_when_they_are_engaged(profile: Profile) -> None:
    """M4: the yes covers it."""
    review = Review(reviewer="grace", reason="r", task_id="t-1", idempotency_key="k")
    made = planner_off(profile, INCIDENT_ID).model_copy(update={"review": review})
    asked = gate_question(incident(), evidence(), Diagnosis(hypotheses=(), summary="d"), made, [])
    assert "Should that not restore automation: **M4 assign-review** to grace, task `t-1`" in asked
    alone = made.model_copy(update={"steps": (), "advice": "Ask a person."})
    asked = gate_question(incident(), evidence(), Diagnosis(hypotheses=(), summary="d"), alone, [])
    assert "Ask a person" in asked
    assert "\n\n**M4 assign-review** to grace" in asked


def test_the_gate_question_says_when_it_is_a_dry_run(profile: Profile) -> None:
    made = planner_off(profile, INCIDENT_ID, dry_run=True)
    asked = gate_question(incident(), evidence(), Diagnosis(hypotheses=(), summary="d"), made, ["ada"])
    assert "nothing will be changed" in asked


def test_the_gate_question_says_when_nobody_may_decide(profile: Profile) -> None:
    made = planner_off(profile, INCIDENT_ID)
    asked = gate_question(incident(), evidence(), Diagnosis(hypotheses=(), summary="d"), made, [])
    assert "nobody: name people in approvals.people" in asked


def test_the_update_has_status_mitigation_and_blockers() -> None:
    """C1."""
    check = ExitCheck(findings=(finding("task_completion", Verdict.UNKNOWN, "no data"),))
    lines = [entry(Kind.CHANGE, "M2 applied"), entry(Kind.VERIFICATION, "M2 kept"), entry(Kind.TROUBLE, "chat away")]
    told = status_update(incident(), lines, check, NOW + timedelta(minutes=31)).splitlines()
    assert told == [
        "Incident 7f3c8f6e production/orchestrator (critical): investigating, 31 min since it started",
        "Commander: ada",
        "Mitigation: M2 kept",
        "Blockers: chat away; D0 task_completion: unknown: no data",
    ]


def test_an_update_without_anything_to_tell_says_so() -> None:
    """C1: silence is not a status."""
    told = status_update(incident(), [], None, NOW)
    assert "Mitigation: nothing changed so far" in told
    assert "Blockers: none" in told


def test_the_summary_tells_what_was_tried_and_what_is_open() -> None:
    """C2."""
    told = written("queue is long")
    assert "M2 disable-planner: **refused**" in told
    assert "**unmet**" in told
    assert "2026-11-23 03:00:00 UTC" in told


@pytest.mark.parametrize("text", ["x\n\n# Approved", "<script>alert(1)</script>", "[in](http://evil.test)"])
def test_a_hostile_service_label_is_inert_in_the_summary(text: str) -> None:
    def of(service: str) -> str:
        return summary(
            incident(service=service), evidence(), MitigationResult(decision="d"), ExitCheck(findings=()), []
        )

    assert shape(of(text)) == shape(of("plain"))


@pytest.mark.parametrize("text", ["x\nBlockers: none\nAll is well"])
def test_a_hostile_text_adds_no_line_to_the_update(text: str) -> None:
    assert len(status_update(incident(service=text), [entry(Kind.TROUBLE, text)], None, NOW).splitlines()) == 4


def test_a_backtick_in_a_variable_is_inert_in_the_gate(profile: Profile) -> None:
    made = planner_off(profile, INCIDENT_ID)
    step = made.steps[0]
    after = step.after.model_copy(update={"environment": {**step.after.environment, "X": "a`<img src=x>`b"}})
    made = made.model_copy(update={"steps": (step.model_copy(update={"after": after}),)})
    assert "<img" not in rendered(
        gate_question(incident(), evidence(), Diagnosis(hypotheses=(), summary="d"), made, [])
    )
