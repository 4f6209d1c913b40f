"""From a goal to a plan that keeps the contract."""

import json
from typing import Protocol

from .contract import Plan, parse_plan
from .faults import Obeyed
from .upstream import LONGEST_QUERY, UpstreamModel


class Planner(Protocol):
    """Anything that proposes a plan, as JSON text that nobody has checked yet."""

    async def propose(self, goal: str) -> str:
        """The proposal for this goal."""


class ModelPlanner:
    """Asks the model."""

    def __init__(self, model: UpstreamModel) -> None:
        self._model = model

    async def propose(self, goal: str) -> str:
        """What the model says, whatever it says."""
        return await self._model.complete(goal)


class StaticPlanner:
    """Search, then summarise: the same plan for every goal, and no model is called."""

    async def propose(self, goal: str) -> str:
        """The fixed plan, filled in with the goal."""
        search = {"tool": "search", "arguments": {"query": goal[:LONGEST_QUERY], "limit": 3}}
        summarize = {"tool": "summarize", "arguments": {"text": goal}}
        return json.dumps({"version": 1, "goal": goal, "steps": [search, summarize]})


class Planning:
    """The planner as configured, behind the contract."""

    def __init__(self, model: UpstreamModel, obeyed: Obeyed) -> None:
        self._model: Planner = ModelPlanner(model)
        self._static: Planner = StaticPlanner()
        self._obeyed = obeyed

    async def plan(self, goal: str) -> Plan:
        """A valid plan; raises `PlannerContractError` where the proposal is not one."""
        planner = self._model if self._obeyed.planning() else self._static
        return parse_plan(await planner.propose(goal))
