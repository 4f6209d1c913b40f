"""The base of every record, and the clock they agree on."""

from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

__all__ = ["AwareDatetime", "Record", "utc_now"]


class Record(BaseModel):
    """Frozen, closed and JSON-serialisable: safe to persist, replay and compare."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def utc_now() -> datetime:
    """The current instant, aware, in UTC. Callers at the edges only; judgement gets instants as arguments."""
    return datetime.now(UTC)
