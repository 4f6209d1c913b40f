"""Whatever the goal, the planner as configured proposes a plan that keeps the contract."""

import asyncio
import os
import random
import string

import pytest
from orchestrator.contract import Plan, parse_plan
from orchestrator.errors import PlannerContractError
from orchestrator.faults import Faults, Obeyed
from orchestrator.planner import Planning
from orchestrator.settings import Settings
from orchestrator.upstream import VIOLATIONS, UpstreamModel, draft_plan

GOALS = 300
LONGEST_GOAL = 400
ALPHABET = string.printable + "äöüßéñ漢字🚀\u202e\u00a0"


def random_goals() -> list[str]:
    """Different goals in every run; a failing one stands in the message."""
    lengths = (random.randint(1, LONGEST_GOAL) for _ in range(GOALS))
    return ["".join(random.choices(ALPHABET, k=length)) for length in lengths]


async def plan_all(goals: list[str]) -> list[Plan | PlannerContractError]:
    settings = Settings.from_environment(os.environ)
    faults = Faults(settings.faults_file)
    planning = Planning(UpstreamModel(faults), Obeyed(settings, faults))

    async def outcome(goal: str) -> Plan | PlannerContractError:
        try:
            return await planning.plan(goal)
        except PlannerContractError as error:
            return error

    return await asyncio.gather(*map(outcome, goals))


def test_every_random_goal_gets_a_plan_that_keeps_the_contract() -> None:
    goals = random_goals()
    outcomes = asyncio.run(plan_all(goals))
    broken = [(goal, plan) for goal, plan in zip(goals, outcomes, strict=True) if not isinstance(plan, Plan)]
    assert not broken, f"{len(broken)} of {GOALS} plans break the contract, such as {broken[0]!r}"


def test_every_plan_is_about_the_goal_it_was_made_for() -> None:
    goals = random_goals()
    plans = [plan for plan in asyncio.run(plan_all(goals)) if isinstance(plan, Plan)]
    assert {plan.goal for plan in plans} <= set(goals)


@pytest.mark.parametrize("violate", VIOLATIONS, ids=lambda violate: violate.__name__.strip("_"))
def test_the_contract_turns_away(violate) -> None:  # noqa: ANN001 - one of VIOLATIONS
    with pytest.raises(PlannerContractError):
        parse_plan(violate(draft_plan("compare two releases", random.Random(1))))
