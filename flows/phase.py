"""How a phase of the master flow is declared."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar, get_type_hints

from prefect import flow
from pydantic import TypeAdapter

P = ParamSpec("P")
R = TypeVar("R")


def phase(name: str) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """An async subflow whose result survives: a master run that is resumed skips the phases it has been through.

    Phases are called one after another, always in the same order: Prefect finds a phase's earlier result by its place.
    To Prefect a phase has no parameters: to write some down it imports a web framework first, a third of a second
    before the first probe of every incident. What a phase was given is in the store.
    """

    def declare(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        given: ContextVar[Callable[[], Awaitable[R]]] = ContextVar(name)

        async def without_parameters() -> R:
            return await given.get()()

        # Prefect tells the phases of a run apart by this name.
        without_parameters.__name__ = without_parameters.__qualname__ = function.__name__
        without_parameters.__doc__ = function.__doc__
        declared = flow(name=name, persist_result=True, result_serializer="json")(without_parameters)
        shape: TypeAdapter[R] = TypeAdapter(get_type_hints(function)["return"])

        @wraps(function)
        async def call(*args: P.args, **kwargs: P.kwargs) -> R:
            token = given.set(lambda: function(*args, **kwargs))
            try:
                # A result of an earlier process comes back as plain JSON data, not as the record it was.
                return shape.validate_python(await declared())
            finally:
                given.reset(token)

        return call

    return declare
