"""What the keys of the profile mean: the docstrings below its fields, read when somebody wants to read them.

Pydantic can do it (`use_attribute_docstrings`), but then parses the sources at every import: 50 ms of each flow run's
start, which has no use for them.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, get_args

from pydantic import BaseModel


@cache
def describe(model: type[BaseModel]) -> None:
    """The fields of the model, and of the models in them, have their descriptions, as has their JSON schema."""
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            describe(inner)
    said = {name: text for one in reversed(model.__mro__) if _has_fields(one) for name, text in _docstrings(one)}
    for name, field in model.model_fields.items():
        field.description = field.description or said.get(name)
    model.model_rebuild(force=True)


def _has_fields(kind: type) -> bool:
    return issubclass(kind, BaseModel) and kind.__module__.partition(".")[0] == __name__.partition(".")[0]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _docstrings(model: type) -> Iterator[tuple[str, str]]:
    """Of the fields declared in this class itself: name and text."""
    definition = ast.parse(inspect.getsource(model)).body[0]
    assert isinstance(definition, ast.ClassDef)
    for field, below in pairwise(definition.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
