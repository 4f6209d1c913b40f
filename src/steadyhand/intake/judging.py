"""What a webhook's body says: alerts with a place, and what can never be processed, with the reason. Pure."""

import json
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from steadyhand.domain.alert import Alert, Notification, QuarantinedAlert, WireAlert
from steadyhand.errors import UnexpectedAnswer
from steadyhand.intake.placing import place
from steadyhand.profile import Profile

WHOLE = "(the whole notification)"
_MALFORMED = "(a malformed alert)"
_WORDS = 300


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A notification's alerts, each with its position. `truncated` is how many more Alertmanager kept back."""

    placed: tuple[tuple[int, Alert], ...]
    refused: tuple[QuarantinedAlert, ...]
    truncated: int = 0

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Those with a place, in the order they came."""
        return tuple(alert for _, alert in self.placed)


def judge(body: bytes, profile: Profile) -> Judgement:
    """Every alert of the body is placed or refused. Raises UnexpectedAnswer when it is not JSON at all."""
    try:
        notification = Notification.model_validate(_parsed(body))
    except ValidationError as error:
        return Judgement(placed=(), refused=(QuarantinedAlert(fingerprint=WHOLE, reason=_explained(error)),))
    judged = [(position, _judged(alert, profile)) for position, alert in enumerate(notification.alerts)]
    return Judgement(
        placed=tuple((position, one) for position, one in judged if isinstance(one, Alert)),
        refused=tuple(
            one.model_copy(update={"position": position})
            for position, one in judged
            if isinstance(one, QuarantinedAlert)
        ),
        truncated=notification.truncated_alerts,
    )


def _parsed(body: bytes) -> JsonValue:
    parsed: JsonValue
    try:
        parsed = from_json(body)
    except ValueError as error:
        try:
            # Slower, but it takes what is JSON by the letter and no text, such as half a surrogate pair.
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            raise UnexpectedAnswer(f"the body is not JSON: {error}"[:_WORDS]) from error
    return parsed


def _judged(raw: JsonValue, profile: Profile) -> Alert | QuarantinedAlert:
    try:
        wire = WireAlert.model_validate(raw)
    except ValidationError as error:
        return QuarantinedAlert(fingerprint=_MALFORMED, reason=_explained(error))
    return place(wire, profile.intake, profile.prometheus)


def _explained(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"not as an Alertmanager of version 4 sends it: {where}: {first['msg']}{more}"
