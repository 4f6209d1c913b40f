"""The suites of a release tell whether the release works, under the environment and the faults they are given."""

from steadyhand.rehearsal.faults import inject

from .stage import Stage


def test_both_suites_pass_quickly_on_a_healthy_release(stage: Stage) -> None:
    for code, output, seconds in (stage.regression("2.7.0"), stage.fuzz("2.7.0")):
        assert code == 0, output
        assert "warning" not in output.lower()
        assert seconds < 8


def test_the_regression_suite_fails_on_the_bad_release_and_passes_on_the_one_before(stage: Stage) -> None:
    inject(stage.site, "bad-release")
    code, output, _ = stage.regression("2.8.0")
    assert code == 1
    assert "confidence_is_the_mean" in output
    assert stage.regression("2.7.0")[0] == 0
    assert stage.fuzz("2.8.0")[0] == 0


def test_broken_plans_fail_both_suites_until_planning_is_off(stage: Stage) -> None:
    inject(stage.site, "planner-contract")
    assert stage.fuzz("2.7.0")[0] == 1
    assert stage.regression("2.7.0")[0] == 1
    stage.site.deploy("2.7.0", {"PLANNING__ENABLED": "false"})
    assert stage.fuzz("2.7.0")[0] == 0
    assert stage.regression("2.7.0")[0] == 0


def test_a_starved_queue_fails_the_regression_suite_soon_instead_of_hanging_it(stage: Stage) -> None:
    inject(stage.site, "queue-starvation")
    code, output, seconds = stage.regression("2.7.0")
    assert code == 1
    assert "not finished after 3.0 s" in output
    assert seconds < 10
    stage.site.deploy("2.7.0", {"SCHEDULING__BACKEND": "sequential"})
    assert stage.regression("2.7.0")[0] == 0


def test_without_effect_broken_plans_fail_the_fuzz_suite_even_with_planning_off(stage: Stage) -> None:
    inject(stage.site, "planner-contract")
    inject(stage.site, "no-effect")
    stage.site.deploy("2.7.0", {"PLANNING__ENABLED": "false"})
    assert stage.fuzz("2.7.0")[0] == 1
