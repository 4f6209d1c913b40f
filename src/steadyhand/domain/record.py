"""The base of every record, and the clock they agree on."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from steadyhand.domain.text import storable

__all__ = ["AwareDatetime", "Record", "Text", "utc_now"]

Text = Annotated[str, AfterValidator(storable)]
"""Text from outside."""


class Record(BaseModel):
    """Frozen, closed and JSON-serialisable: safe to persist, replay and compare."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def utc_now() -> datetime:
    """The current instant, aware, in UTC. Callers at the edges only; judgement gets instants as arguments."""
    return datetime.now(UTC)
