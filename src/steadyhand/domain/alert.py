"""Alertmanager's webhook body (version 4) and the alerts in it (T1).

Inbound models ignore unknown fields: 0.32 added `notification_reason`, 0.34 `routeLabels`. Status is decided per alert;
the notification's own `status` is computed after truncation and silencing and is never used for a decision.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from steadyhand.domain.incident import Environment, Severity
from steadyhand.domain.record import Record, Text

_NO_END_YEAR = 1
_YEARS = range(1970, 9000)
_MOST = 2**31 - 1


def _plausible(instant: datetime) -> datetime:
    """Far-off years overflow on the way to UTC, and the database would refuse them for ever."""
    if instant.year not in _YEARS:
        raise ValueError(f"the year {instant.year} is no alert's")
    return instant


def _no_end(instant: datetime) -> datetime:
    if instant.year != _NO_END_YEAR:
        raise ValueError("neither an instant nor Alertmanager's year 1 for no end")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_plausible)]


class AlertStatus(StrEnum):
    """What Alertmanager says of one alert. `resolved` is a hint, not proof."""

    FIRING = "firing"
    RESOLVED = "resolved"


class WireAlert(BaseModel):
    """One alert as Alertmanager sends it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    status: AlertStatus
    labels: dict[Text, Text]
    annotations: dict[Text, Text] = Field(default_factory=dict)
    starts_at: Instant = Field(alias="startsAt")
    ends_at: Instant | Annotated[AwareDatetime, AfterValidator(_no_end)] = Field(alias="endsAt")
    generator_url: Text = Field(default="", alias="generatorURL")
    fingerprint: Text = Field(min_length=1, max_length=64)

    def ended(self) -> datetime | None:
        """None while firing: Alertmanager then says year 1, on which `astimezone()` can overflow.

        A resolved alert always has an end; one that names none ended when it began.
        """
        if self.status is AlertStatus.FIRING:
            return None
        return self.starts_at if self.ends_at.year == _NO_END_YEAR else self.ends_at


class Notification(BaseModel):
    """One webhook body. Invalid ones raise `pydantic.ValidationError`; the receiver quarantines those.

    The alerts are left as they came, to be judged one by one: a malformed one takes no sibling with it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: Annotated[str, Field(pattern="^4$")]
    group_key: Text = Field(alias="groupKey")
    receiver: Text = ""
    truncated_alerts: int = Field(default=0, alias="truncatedAlerts", ge=0, le=_MOST)
    external_url: Text = Field(default="", alias="externalURL")
    alerts: tuple[JsonValue, ...]


class IncidentKey(Record):
    """What one open incident stands for: at most one per key, enforced by the database."""

    environment: Environment
    service: str = Field(min_length=1, max_length=200)


class Alert(Record):
    """One alert, placed: which incident it belongs to and what it says. Label texts are hostile (rule 8).

    `ends_at` is the last end that is known: a resolved alert has one; a firing one, when it ended and fires again.
    """

    key: IncidentKey
    fingerprint: str
    status: AlertStatus
    name: str
    severity: Severity
    team: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None


class QuarantinedAlert(Record):
    """An alert that can never be processed, and why. Kept, counted and shown; never dropped.

    `position` is its place among the notification's alerts, None when it is the whole notification.
    """

    fingerprint: Text
    reason: Text
    position: int | None = None
