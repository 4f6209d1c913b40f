"""How a phase of the master flow is declared, and the names of what it asks."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from prefect import flow

P = ParamSpec("P")
R = TypeVar("R")


def phase(name: str) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """An async subflow whose result survives: a master run that is resumed skips the phases it has been through.

    Phases are called one after another, always in the same order: Prefect finds a phase's earlier result by its place.
    """

    def declare(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        return flow(name=name, persist_result=True, result_serializer="json", validate_parameters=False)(function)

    return declare
