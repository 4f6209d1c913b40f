"""The contract between the planner and the rest: what a plan may say. Anything else stops the task."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import PlannerContractError

MAX_STEPS = 5

INVALID_JSON = "invalid_json"
UNKNOWN_TOOL = "unknown_tool"
INVALID_ARGUMENTS = "invalid_arguments"
INVALID_PLAN = "invalid_plan"
REASONS = (INVALID_JSON, UNKNOWN_TOOL, INVALID_ARGUMENTS, INVALID_PLAN)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SearchArguments(_Strict):
    """Look for `query` in the knowledge base; at most `limit` documents."""

    query: str = Field(min_length=1, max_length=2000)
    limit: int = Field(ge=1, le=5)


class TextArguments(_Strict):
    """One piece of text to work on."""

    text: str = Field(min_length=1, max_length=2000)


class CalculateArguments(_Strict):
    """Numbers to add up."""

    values: tuple[int, ...] = Field(min_length=1, max_length=50)


class SearchStep(_Strict):
    """Find documents."""

    tool: Literal["search"]
    arguments: SearchArguments


class SummarizeStep(_Strict):
    """Shorten a text."""

    tool: Literal["summarize"]
    arguments: TextArguments


class ClassifyStep(_Strict):
    """Say what a text is about."""

    tool: Literal["classify"]
    arguments: TextArguments


class CalculateStep(_Strict):
    """Add numbers."""

    tool: Literal["calculate"]
    arguments: CalculateArguments


Step = Annotated[SearchStep | SummarizeStep | ClassifyStep | CalculateStep, Field(discriminator="tool")]
TOOL_NAMES = ("search", "summarize", "classify", "calculate")


class Plan(_Strict):
    """One to `MAX_STEPS` steps which do not depend on each other."""

    version: Literal[1]
    goal: str = Field(min_length=1, max_length=2000)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MAX_STEPS)


def parse_plan(raw: str) -> Plan:
    """The plan in this JSON text; raises `PlannerContractError` with one of `REASONS`."""
    try:
        return Plan.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "plan"
        raise PlannerContractError(_reason(first["type"], place), f"{place}: {first['msg']}") from error


def _reason(kind: str, place: str) -> str:
    if kind == "json_invalid":
        return INVALID_JSON
    if kind == "union_tag_invalid":
        return UNKNOWN_TOOL
    return INVALID_ARGUMENTS if ".arguments" in place else INVALID_PLAN
