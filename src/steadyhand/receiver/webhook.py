"""`POST /v1/alertmanager`: authenticated, parsed, committed, and only then acknowledged (T1, rule 2).

Answers: 200 committed (quarantined parts included), 400 not JSON, 401 no or wrong token, 413 too large, 503 come again.
Never 429 or a redirect: Alertmanager retries neither.
"""

import hmac
import json

import structlog
from pydantic import JsonValue, ValidationError
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from steadyhand.domain.alert import Alert, Notification, QuarantinedAlert, WireAlert
from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError
from steadyhand.profile import Profile
from steadyhand.receiver.metrics import NOTIFICATIONS, TRANSITIONS
from steadyhand.receiver.placing import place
from steadyhand.store.database import Database
from steadyhand.store.inbox import Receipt, receive

_log = structlog.get_logger(__name__)
_SENDER_LENGTH = 200
_MAX_IN_FLIGHT = 256
_WHOLE_NOTIFICATION = "(the whole notification)"
_MALFORMED = "(a malformed alert)"


class Webhook:
    """The endpoint. Holds no state but how many requests are in flight."""

    def __init__(self, profile: Profile, database: Database, token: str) -> None:
        self._profile = profile
        self._database = database
        self._expected = f"Bearer {token}".encode()
        self._in_flight = 0

    async def __call__(self, request: Request) -> JSONResponse:
        """See the module."""
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._expected):
            return _answer(401, "unauthorized", "send 'Authorization: Bearer TOKEN' with the receiver's token")
        if self._in_flight >= _MAX_IN_FLIGHT:
            return _answer(503, "overloaded", "too many notifications at once; send it again")
        self._in_flight += 1
        try:
            return await self._received(request)
        finally:
            self._in_flight -= 1

    async def _received(self, request: Request) -> JSONResponse:
        limit = self._profile.intake.max_body_bytes
        try:
            body = await _body(request, limit)
        except ClientDisconnect:
            return _answer(400, "aborted", "the body ended early; nothing was taken")
        if body is None:
            return _answer(413, "too_large", f"the body is over {limit} bytes (intake.max_body_bytes); set max_alerts")
        try:
            json.loads(body)
        except (ValueError, RecursionError) as error:
            return _answer(400, "not_json", f"the body is not JSON: {error}"[:300])
        placed, refused = self._judged(body)
        try:
            receipt = await self._kept(body, request, placed, refused)
        except (TransientError, SQLAlchemyError) as error:
            _log.error("notification_not_committed", error=str(error)[:500])
            return _answer(503, "database", "the database did not take it; send it again")
        return _accepted(receipt)

    def _judged(self, body: bytes) -> tuple[list[Alert], list[QuarantinedAlert]]:
        try:
            notification = Notification.model_validate_json(body)
        except ValidationError as error:
            reason = _explained(error)
            _log.warning("notification_quarantined", reason=reason)
            return [], [QuarantinedAlert(fingerprint=_WHOLE_NOTIFICATION, reason=reason)]
        judged = [self._place(raw) for raw in notification.alerts]
        placed = [alert for alert in judged if isinstance(alert, Alert)]
        return placed, [alert for alert in judged if isinstance(alert, QuarantinedAlert)]

    def _place(self, raw: JsonValue) -> Alert | QuarantinedAlert:
        try:
            wire = WireAlert.model_validate(raw)
        except ValidationError as error:
            return QuarantinedAlert(fingerprint=_MALFORMED, reason=_explained(error))
        return place(wire, self._profile.intake, self._profile.prometheus)

    async def _kept(
        self, body: bytes, request: Request, placed: list[Alert], refused: list[QuarantinedAlert]
    ) -> Receipt:
        """What the database refuses for its content it would refuse for ever: the whole of it is quarantined."""
        try:
            return await self._committed(body, request, placed, refused)
        except DataError as error:
            reason = f"the database refuses its content: {error.orig}"[:500]
            whole = QuarantinedAlert(fingerprint=_WHOLE_NOTIFICATION, reason=reason)
            return await self._committed(body, request, [], [whole])

    async def _committed(
        self, body: bytes, request: Request, placed: list[Alert], refused: list[QuarantinedAlert]
    ) -> Receipt:
        sender = f"{request.client.host if request.client else '?'} {request.headers.get('user-agent', '')}"
        async with self._database.transaction() as connection:
            return await receive(
                connection,
                body=body,
                sender=sender[:_SENDER_LENGTH],
                at=utc_now(),
                placed=placed,
                refused=refused,
                channel=self._profile.channel,
                commander=self._profile.commander,
            )


async def _body(request: Request, limit: int) -> bytes | None:
    """The whole body, or None when it is over the limit; never more than that in memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _explained(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"not as an Alertmanager of version 4 sends it: {where}: {first['msg']}{more}"


def _accepted(receipt: Receipt) -> JSONResponse:
    result = "quarantined" if receipt.quarantined else "accepted"
    NOTIFICATIONS.labels(result).inc()
    for transition, count in receipt.transitions.items():
        TRANSITIONS.labels(transition).inc(count)
    return JSONResponse(receipt.model_dump(mode="json"))


def _answer(status: int, result: str, message: str) -> JSONResponse:
    NOTIFICATIONS.labels(result).inc()
    return JSONResponse({"error": message}, status_code=status)
