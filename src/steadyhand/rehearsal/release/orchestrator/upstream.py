"""The language model behind the planner: here a deterministic one, which turns the same goal into the same plan.

Under the fault `planner-contract` it behaves like a model whose provider changed the output format overnight.
"""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

from .contract import TOOL_NAMES
from .faults import PLANNER_CONTRACT, Faults

LATENCY_SECONDS = (0.001, 0.004)
STEP_COUNTS = (1, 1, 1, 2, 2, 3)
LONGEST_QUERY = 200

Draft = dict[str, Any]


class UpstreamModel:
    """Completes a goal to the JSON text of a plan."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.calls = 0

    async def complete(self, goal: str) -> str:
        """One model call: a plan that keeps the contract, unless the provider misbehaves."""
        self.calls += 1
        rng = random.Random(goal)
        await asyncio.sleep(rng.uniform(*LATENCY_SECONDS))
        draft = draft_plan(goal, rng)
        if self._faults.active(PLANNER_CONTRACT):
            return rng.choice(VIOLATIONS)(draft)
        return json.dumps(draft)


def draft_plan(goal: str, rng: random.Random) -> Draft:
    """One to three steps with arguments taken from the goal."""
    steps = [_draft_step(rng.choice(TOOL_NAMES), goal, rng) for _ in range(rng.choice(STEP_COUNTS))]
    return {"version": 1, "goal": goal, "steps": steps}


def _draft_step(tool: str, goal: str, rng: random.Random) -> Draft:
    match tool:
        case "search":
            arguments: Draft = {"query": goal[:LONGEST_QUERY], "limit": rng.randint(1, 5)}
        case "calculate":
            arguments = {"values": [len(word) for word in goal.split()[:50]] or [len(goal)]}
        case _:
            arguments = {"text": goal}
    return {"tool": tool, "arguments": arguments}


def _prose_around(draft: Draft) -> str:
    return f"Sure! Here is the plan:\n```json\n{json.dumps(draft)}\n```"


def _invented_tool(draft: Draft) -> str:
    draft["steps"][0]["tool"] = "browse_web"
    return json.dumps(draft)


def _renamed_arguments(draft: Draft) -> str:
    draft["steps"][0]["arguments"] = {"input": draft["goal"]}
    return json.dumps(draft)


def _no_steps(draft: Draft) -> str:
    return json.dumps(draft | {"steps": []})


VIOLATIONS: tuple[Callable[[Draft], str], ...] = (_prose_around, _invented_tool, _renamed_arguments, _no_steps)
