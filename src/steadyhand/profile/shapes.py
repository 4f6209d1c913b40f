"""What a field of the profile holds: a value, a table, one of several kinds of table, or tables by name."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from steadyhand.profile.section import SecretRef, Section

_SOMEBODY = "ada"


def members_of(field: FieldInfo) -> tuple[type[Section], ...]:
    """The tables that may stand here; none where a value or a reference to a secret stands."""
    return tuple(one for one in _flat(field.annotation) if _is_table(one))


def named_tables(field: FieldInfo) -> tuple[str, type[Section]] | None:
    """A name as an example, and the table that stands under each name; None for everything else."""
    if get_origin(field.annotation) not in {dict, Mapping}:
        return None
    _, below = get_args(field.annotation)
    return (_SOMEBODY, below) if _is_table(below) else None


def _flat(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _flat(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return [one for member in get_args(annotation) for one in _flat(member)]
    return [annotation]


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section) and annotation is not SecretRef
