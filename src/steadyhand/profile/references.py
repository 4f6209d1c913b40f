"""The references to secrets in a profile."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from steadyhand.profile.problems import Key
from steadyhand.profile.section import SecretRef


def references(value: object, above: Key = ()) -> Iterator[tuple[Key, SecretRef]]:
    """Every reference, with the key it stands under."""
    if isinstance(value, SecretRef):
        yield above, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from references(getattr(value, name), (*above, name))
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield from references(below, (*above, str(name)))
    elif isinstance(value, tuple):
        for place, below in enumerate(value):
            yield from references(below, (*above, place))
