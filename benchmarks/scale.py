"""How much is measured."""

from enum import StrEnum

from pydantic import Field

from steadyhand.domain.record import Record


class Scale(Record):
    """Rounds and numbers of everything.

    In each of `rounds` rounds each side is sent notifications for `seconds`, of the mixes that are only shown for
    `shown_seconds` in `shown_rounds`; `incidents` are opened one after another, each beside one plain run; the phase of
    diagnostics is watched `phases` times with each target; `crowds` are opened at once, one crowd after another, and
    the last one is watched for `idle_seconds` while it waits.
    """

    rounds: int = Field(ge=1)
    seconds: float = Field(gt=0)
    shown_rounds: int = Field(ge=1)
    shown_seconds: float = Field(gt=0)
    incidents: int = Field(ge=1)
    phases: int = Field(ge=1)
    crowds: tuple[int, ...] = Field(min_length=1)
    idle_seconds: float = Field(gt=0)


class Size(StrEnum):
    """The scales that can be asked for."""

    FULL = "full"
    QUICK = "quick"
    SMOKE = "smoke"


SCALES = {
    Size.FULL: Scale(
        rounds=7,
        seconds=3,
        shown_rounds=3,
        shown_seconds=2,
        incidents=10,
        phases=5,
        crowds=(1, 5, 20, 50),
        idle_seconds=10,
    ),
    Size.QUICK: Scale(
        rounds=3,
        seconds=2,
        shown_rounds=1,
        shown_seconds=1,
        incidents=3,
        phases=2,
        crowds=(1, 5),
        idle_seconds=5,
    ),
    Size.SMOKE: Scale(
        rounds=1, seconds=0.2, shown_rounds=1, shown_seconds=0.2, incidents=1, phases=1, crowds=(2,), idle_seconds=0.5
    ),
}
