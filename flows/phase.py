"""How a phase of the master flow is declared."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar, get_type_hints

from prefect import flow
from pydantic import TypeAdapter

P = ParamSpec("P")
R = TypeVar("R")


def phase(name: str) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """An async subflow whose result survives: a master run that is resumed skips the phases it has been through.

    Phases are called one after another, always in the same order: Prefect finds a phase's earlier result by its place.
    """

    def declare(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        declared = flow(name=name, persist_result=True, result_serializer="json", validate_parameters=False)(function)
        shape: TypeAdapter[R] = TypeAdapter(get_type_hints(function)["return"])

        @wraps(function)
        async def call(*args: P.args, **kwargs: P.kwargs) -> R:
            # A result of an earlier process comes back as plain JSON data, not as the record it was.
            return shape.validate_python(await declared(*args, **kwargs))

        return call

    return declare
