"""Judgement: evidence to diagnosis to plan. Pure, so these tests need no world."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyhand.domain.deployment import Deployment
from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.domain.plan import MitigationName, Plan
from steadyhand.profile import Profile
from steadyhand.rules import Reviewing, diagnose, plan

from .made import INCIDENT_ID, RELEASED, evidence, finding, incident, planner_off, proposals

OK, BAD, UNKNOWN = Verdict.OK, Verdict.BAD, Verdict.UNKNOWN
RED_ON_CURRENT_ONLY = finding("regression_suite", BAD, fails_only_on_current_release=True)
SPIKE = finding("planner_contract_failures", BAD, "90 failures")
STARVED = finding("task_queue", BAD, starved=True)
REVIEWING = Reviewing(reviewer="grace", severities=frozenset({"critical", "high"}))
PROBES = (
    "regression_suite",
    "planner_contract_failures",
    "planner_contract_suite",
    "task_queue",
    "active_alerts",
    "reachability",
)


def planned(profile: Profile, *findings: Finding, deployment: Deployment | None = RELEASED) -> Plan:
    """The plan for this evidence."""
    seen = evidence(*findings)
    return plan(incident(), seen, diagnose(seen), deployment, proposals(profile), REVIEWING)


def mitigations(made: Plan) -> list[MitigationName]:
    """What the plan would do, in order."""
    return [step.mitigation for step in made.steps]


def test_no_findings_make_no_hypothesis() -> None:
    assert diagnose(evidence()).hypotheses == ()


@pytest.mark.parametrize("verdict", [OK, UNKNOWN])
def test_what_is_not_bad_makes_no_hypothesis(verdict: Verdict) -> None:
    """Rule 4: unknown never justifies, and ok does not either."""
    assert diagnose(evidence(*(finding(p, verdict) for p in PROBES))).hypotheses == ()


def test_unknown_never_justifies_a_mitigation_even_with_damning_facts(profile: Profile) -> None:
    """Rule 4."""
    made = planned(
        profile,
        finding("regression_suite", UNKNOWN, fails_only_on_current_release=True),
        finding("planner_contract_failures", UNKNOWN),
        finding("task_queue", UNKNOWN, starved=True),
    )
    assert made.steps == ()
    assert "Could not be seen: regression_suite, planner_contract_failures, task_queue." in made.advice


def test_a_diagnosis_without_hypotheses_names_what_could_not_be_seen() -> None:
    """Rule 4: 'nothing is bad' is never said without what was not looked at."""
    diagnosis = diagnose(evidence(finding("task_queue", UNKNOWN), finding("reachability", OK)))
    assert "could not look at: task_queue" in diagnosis.summary


def test_red_on_the_current_release_only_is_rolled_back(profile: Profile) -> None:
    """M1."""
    (step,) = planned(profile, RED_ON_CURRENT_ONLY).steps
    assert (step.mitigation, step.requirement) == (MitigationName.ROLL_BACK, "M1")
    assert (step.before.release, step.after.release) == ("r2", "r1")
    assert step.after.environment == step.before.environment


@pytest.mark.parametrize("comparison", [False, None])
def test_red_on_both_releases_or_not_compared_is_no_rollback(profile: Profile, comparison: bool | None) -> None:  # noqa: FBT001 - a fact
    """M1: reproducible means green on the last known good one."""
    made = planned(profile, finding("regression_suite", BAD, fails_only_on_current_release=comparison))
    assert made.steps == ()


def test_red_without_any_comparison_is_no_rollback(profile: Profile) -> None:
    assert planned(profile, finding("regression_suite", BAD)).steps == ()


def test_a_spike_of_contract_failures_disables_the_planner(profile: Profile) -> None:
    """M2 by D4."""
    (step,) = planned(profile, SPIKE).steps
    assert (step.mitigation, step.requirement) == (MitigationName.DISABLE_PLANNER, "M2")
    assert [(c.name, c.before, c.after) for c in step.changes] == [("PLANNING__ENABLED", "true", "false")]
    assert "90 failures" in step.reason


def test_a_fuzz_failure_counts_where_the_counter_cannot_be_seen(profile: Profile) -> None:
    """M2 by D3."""
    findings = (finding("planner_contract_suite", BAD), finding("planner_contract_failures", UNKNOWN))
    (hypothesis,) = diagnose(evidence(*findings)).hypotheses
    assert hypothesis.supported_by == ("planner_contract_suite",)
    assert hypothesis.unknown == ("planner_contract_failures",)
    assert mitigations(planned(profile, *findings)) == [MitigationName.DISABLE_PLANNER]


def test_a_quiet_counter_contradicts_a_fuzz_failure(profile: Profile) -> None:
    """M2: what production measures outweighs what a suite says."""
    made = planned(profile, finding("planner_contract_suite", BAD), finding("planner_contract_failures", OK))
    assert made.steps == ()


def test_a_spike_stands_although_the_fuzz_suite_passes_and_says_so() -> None:
    (hypothesis,) = diagnose(evidence(SPIKE, finding("planner_contract_suite", OK))).hypotheses
    assert hypothesis.mitigation is MitigationName.DISABLE_PLANNER
    assert hypothesis.contradicted_by == ("planner_contract_suite",)


def test_a_starved_queue_goes_sequential(profile: Profile) -> None:
    """M3."""
    (step,) = planned(profile, STARVED).steps
    assert step.requirement == "M3"
    assert [(c.name, c.after) for c in step.changes] == [("SCHEDULING__BACKEND", "sequential")]


def test_a_long_queue_that_moves_gives_no_mitigation(profile: Profile) -> None:
    """M3 is for starvation; load is not starvation."""
    made = planned(profile, finding("task_queue", BAD, starved=False))
    assert made.steps == ()
    assert "long but moves" in made.advice


@pytest.mark.parametrize("probe", ["active_alerts", "reachability"])
def test_tool_alerts_and_an_unhealthy_service_go_to_a_person(profile: Profile, probe: str) -> None:
    made = planned(profile, finding(probe, BAD))
    assert made.steps == ()
    assert "Ask a person" in made.advice
    assert probe in made.advice


def test_hypotheses_are_ranked_what_justifies_a_change_first_then_by_weight() -> None:
    found = diagnose(
        evidence(finding("reachability", BAD), finding("active_alerts", BAD), STARVED, SPIKE, RED_ON_CURRENT_ONLY)
    ).hypotheses
    assert [h.mitigation for h in found] == [*MitigationName, None, None]
    assert [h.weight for h in found] == [6, 5, 4, 2, 2]


def test_every_hypothesis_says_what_speaks_for_it_against_it_and_what_was_not_seen() -> None:
    """D3, D4, D1: a person sees why, and how sure."""
    others = (finding("planner_contract_suite", OK), finding("recent_tasks", UNKNOWN), finding("task_queue", OK))
    (planner,) = diagnose(evidence(SPIKE, *others)).hypotheses
    assert planner.supported_by == ("planner_contract_failures",)
    assert planner.contradicted_by == ("planner_contract_suite",)
    assert planner.unknown == ("recent_tasks",)
    assert planner.weight == 2


def test_a_likely_cause_whose_condition_is_not_met_is_listed_and_justifies_nothing(profile: Profile) -> None:
    """M2: the fuzz suite alone is a hypothesis; with a quiet counter it is no reason for a change."""
    seen = (finding("planner_contract_suite", BAD, "2 of 9 fail"), finding("planner_contract_failures", OK))
    (hypothesis,) = diagnose(evidence(*seen)).hypotheses
    assert (hypothesis.mitigation, hypothesis.weight) == (None, -2)
    made = planned(profile, *seen)
    assert made.steps == ()
    assert "Look first at: planner_contract_suite (D0: 2 of 9 fail)" in made.advice


EXPLAINED = (
    *PROBES,
    "recent_tasks",
    "tool_adapters",
    "hardening_workflow",
    "last_backup",
    "deployment",
    "one of tomorrow",
)


@given(st.dictionaries(st.sampled_from(EXPLAINED), st.sampled_from(list(Verdict))))
def test_every_bad_finding_speaks_for_some_hypothesis_and_is_named_in_the_advice(seen: dict[str, Verdict]) -> None:
    """Rule 4 turned round: what is bad is never passed over."""
    found = evidence(*(finding(probe, verdict) for probe, verdict in seen.items()))
    diagnosis = diagnose(found)
    supporting = {probe for h in diagnosis.hypotheses for probe in h.supported_by}
    assert {probe for probe, verdict in seen.items() if verdict is BAD} == supporting
    advice = plan(incident(), found, diagnosis, None, {}, REVIEWING).advice
    assert sum(f"{probe} (" in advice for probe in supporting) >= min(len(supporting), 5)


def test_the_log_in_place_of_the_queue_is_a_hypothesis_and_justifies_nothing(profile: Profile) -> None:
    """D2: many failed executions in the log do not prove starvation."""
    made = planned(profile, finding("task_queue", BAD, source="logs"))
    assert made.steps == ()
    assert "whether the queue is starved cannot be told" in made.advice


def test_a_plan_does_not_change_with_what_is_said_of_the_severity(profile: Profile) -> None:
    """Rule 1: a worse alert joins the incident; the plan that was approved is still the same plan."""
    seen = evidence(SPIKE)
    drafts = [
        plan(incident(severity=severity), seen, diagnose(seen), RELEASED, proposals(profile), REVIEWING).digest
        for severity in ("critical", "high")
    ]
    assert drafts[0] == drafts[1]


def test_without_a_named_reviewer_nobody_is_engaged_and_the_plan_says_so(profile: Profile) -> None:
    """M4: a review assigned to nobody helps nobody."""
    seen = evidence(SPIKE)
    nobody = Reviewing(reviewer=None, severities=REVIEWING.severities)
    made = plan(incident(), seen, diagnose(seen), RELEASED, proposals(profile), nobody)
    assert made.review is None
    assert "name a reviewer under reviews.reviewer" in made.advice


def test_red_on_both_releases_is_said_to_be_older_than_the_incident() -> None:
    """M1: no reason to roll back."""
    (hypothesis,) = diagnose(evidence(finding("regression_suite", BAD, fails_only_on_current_release=False))).hypotheses
    assert "was red before this incident" in hypothesis.cause


def test_slow_adapters_beside_a_moving_queue_are_load_or_slow_tools() -> None:
    """D2, D6: the bait for M3."""
    found = diagnose(evidence(finding("task_queue", BAD, starved=False), finding("tool_adapters", BAD))).hypotheses
    assert [h.mitigation for h in found] == [None, None]
    assert "load or slow tools" in found[0].cause
    assert found[0].supported_by == ("task_queue", "tool_adapters")


@pytest.mark.parametrize("severity", ["critical", "high"])
def test_at_high_severity_a_reviewer_is_engaged_should_the_steps_not_help(profile: Profile, severity: str) -> None:
    """M4: bound to the plan, so that one yes covers it, and named by a key that a replay repeats."""
    examples = [{"task_id": "t-1", "last_error": "boom"}]
    tasks = finding("recent_tasks", BAD).model_copy(update={"facts": {"examples": examples}})
    seen = evidence(SPIKE, tasks)
    one = incident(severity=severity)
    made = plan(one, seen, diagnose(seen), RELEASED, proposals(profile), REVIEWING)
    assert made.review is not None
    assert (made.review.reviewer, made.review.task_id) == ("grace", "t-1")
    assert one.short_id in made.review.reason
    again = plan(one, seen, diagnose(seen), RELEASED, proposals(profile), REVIEWING)
    assert again.review == made.review
    assert made.model_copy(update={"review": None}).digest != made.digest


def test_a_reviewer_is_asked_for_even_where_no_change_is_justified(profile: Profile) -> None:
    """M4: automation is not restored, whatever the reason."""
    made = planned(profile, finding("reachability", BAD))
    assert made.steps == ()
    assert made.review is not None
    assert made.asks


@pytest.mark.parametrize("severity", ["warning", "info"])
def test_below_high_severity_nobody_is_engaged(profile: Profile, severity: str) -> None:
    """M4."""
    seen = evidence(finding("reachability", BAD))
    made = plan(incident(severity=severity), seen, diagnose(seen), RELEASED, proposals(profile), REVIEWING)
    assert made.review is None
    assert not made.asks


def test_a_step_after_one_that_was_not_needed_keeps_to_its_own_change(profile: Profile) -> None:
    """M1, M2, M3: what was left out stays out of what follows."""
    made = planned(profile, RED_ON_CURRENT_ONLY, STARVED, SPIKE)
    assert [s.requirement for s in made.steps] == ["M1", "M3", "M2"]
    third = made.step(2, left_out=[1])
    assert third.before == made.steps[0].after
    assert third.after.release == "r1"
    assert third.after.environment == {"PLANNING__ENABLED": "false", "SCHEDULING__BACKEND": "async"}
    assert made.step(2) == made.steps[2]


def test_the_latest_finding_of_a_probe_counts(profile: Profile) -> None:
    assert planned(profile, SPIKE, finding("planner_contract_failures", OK)).steps == ()


def test_two_faults_give_two_steps_each_starting_where_the_one_before_ends(profile: Profile) -> None:
    """Rule 3: a step converges from a known state, so the chain must close."""
    first, second = planned(profile, SPIKE, STARVED).steps
    assert [first.requirement, second.requirement] == ["M3", "M2"], "while a queue starves, no other effect shows"
    assert first.before == RELEASED.desired
    assert second.before == first.after
    assert (first.others_follow, second.others_follow) == (True, False), "health is asked of the last one only"
    assert second.after.environment == {"PLANNING__ENABLED": "false", "SCHEDULING__BACKEND": "sequential"}


def test_an_unreadable_deployment_gives_advice_and_no_steps(profile: Profile) -> None:
    """Rule 5: a change that nobody can undo is not proposed."""
    made = planned(profile, SPIKE, deployment=None)
    assert made.steps == ()
    assert "could not be read" in made.advice


def test_a_mitigation_already_in_force_gives_advice(profile: Profile) -> None:
    off = RELEASED.model_copy(update={"environment": {**RELEASED.environment, "PLANNING__ENABLED": "false"}})
    made = planned(profile, SPIKE, deployment=off)
    assert made.steps == ()
    assert "disable-planner is already in force" in made.advice


def test_a_rollback_without_an_older_good_release_is_not_proposed(profile: Profile) -> None:
    only = RELEASED.model_copy(update={"known_good_releases": ("r2",)})
    assert planned(profile, RED_ON_CURRENT_ONLY, deployment=only).steps == ()


def test_a_plan_belongs_to_its_incident_and_keeps_its_dry_run(profile: Profile) -> None:
    seen = evidence(SPIKE)
    made = plan(incident(dry_run=True), seen, diagnose(seen), RELEASED, proposals(profile), REVIEWING)
    assert (made.incident_id, made.dry_run, made.generation) == (INCIDENT_ID, True, 1)


def test_the_digest_is_stable_through_json(profile: Profile) -> None:
    """Rule 1: a replay that reads the plan back must not void the approval."""
    made = planned(profile, SPIKE, STARVED)
    assert Plan.model_validate_json(made.model_dump_json()).digest == made.digest


def test_the_digest_does_not_depend_on_the_order_of_variables(profile: Profile) -> None:
    made = planner_off(profile, INCIDENT_ID)
    turned = made.model_dump(mode="json")
    environment = turned["steps"][0]["after"]["environment"]
    turned["steps"][0]["after"]["environment"] = dict(reversed(environment.items()))
    assert Plan.model_validate(turned).digest == made.digest


@pytest.mark.parametrize(
    "change",
    [
        {"mitigation": "roll-back"},
        {"requirement": "M9"},
        {"reason": "another"},
        {"before": {"release": "r0", "environment": {}}},
        {"after": {"release": "r2", "environment": {"PLANNING__ENABLED": "maybe"}}},
        {"expected_effect": "none"},
        {"blast_radius": "none"},
        {"measured_by": "nothing"},
        {"verify_window_seconds": 1.0},
        {"undo": "none"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_of_a_step_changes_the_digest(profile: Profile, change: dict[str, object]) -> None:
    """Rule 1: a changed plan has no approval."""
    made = planner_off(profile, INCIDENT_ID)
    body = made.model_dump()
    body["steps"] = [body["steps"][0] | change]
    assert Plan.model_validate(body).digest != made.digest


@pytest.mark.parametrize(
    "change",
    [{"environment": "staging"}, {"dry_run": True}, {"generation": 2}, {"steps": ()}, {"advice": "x"}],
    ids=lambda change: next(iter(change)),
)
def test_any_change_around_the_steps_changes_the_digest(profile: Profile, change: dict[str, object]) -> None:
    """Rule 1: a yes to a dry run, or for staging, is no yes to the real thing."""
    made = planner_off(profile, INCIDENT_ID)
    assert Plan.model_validate(made.model_dump() | change).digest != made.digest
