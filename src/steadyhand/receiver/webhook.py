"""`POST /v1/alertmanager`: parsed, committed, and only then acknowledged (T1, rule 2). The door has authenticated it.

Answers: 200 committed (quarantined parts included), 400 not JSON or cut off, 408 too slow, 413 too large, 503 come
again. Never 429 or a redirect: Alertmanager retries neither.
"""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from steadyhand.domain.record import utc_now
from steadyhand.errors import TransientError, UnexpectedAnswer
from steadyhand.intake.admission import Admission
from steadyhand.intake.judging import judge
from steadyhand.profile import Profile
from steadyhand.receiver.metrics import NOTIFICATIONS, TRANSITIONS, TRUNCATED
from steadyhand.store.inbox import Delivery, Receipt

_SENDER_LENGTH = 200
_BODY_SECONDS = 30
_COMMIT_SECONDS = 10
"""A second Alertmanager sends its own copy after 15 s."""


class Webhook:
    """The endpoint. Holds no state of its own."""

    def __init__(self, profile: Profile, admission: Admission) -> None:
        self._profile = profile
        self._admission = admission

    async def __call__(self, request: Request) -> JSONResponse:
        """See the module."""
        limit = self._profile.intake.max_body_bytes
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _body(request, limit)
        except ClientDisconnect:
            return _answer(400, "aborted", "the body ended early; nothing was taken")
        except TimeoutError:
            return _answer(408, "slow", f"the body took longer than {_BODY_SECONDS} s; nothing was taken")
        if body is None:
            return _answer(413, "too_large", f"the body is over {limit} bytes (intake.max_body_bytes); set max_alerts")
        try:
            return await self._taken_in(body, _sender(request))
        except UnexpectedAnswer as error:
            return _answer(400, "not_json", str(error))
        except TransientError as error:
            return _answer(503, "overloaded" if self._admission.waiting else "database", str(error))

    async def _taken_in(self, body: bytes, sender: str) -> JSONResponse:
        self._admission.require_room(len(body))  # before the work of reading it
        judgement = judge(body, self._profile)
        delivery = Delivery(body=body, sender=sender, at=utc_now(), placed=judgement.alerts, refused=judgement.refused)
        receipt = await self._admission.submit(delivery, seconds=_COMMIT_SECONDS)
        TRUNCATED.inc(judgement.truncated)
        return _accepted(receipt)


async def _body(request: Request, limit: int) -> bytes | None:
    """The whole body, or None when it is over the limit; never more than that in memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _sender(request: Request) -> str:
    address = request.client.host if request.client else "?"
    return f"{address} {request.headers.get('user-agent', '')}"[:_SENDER_LENGTH]


def _accepted(receipt: Receipt) -> JSONResponse:
    NOTIFICATIONS.labels("quarantined" if receipt.quarantined else "accepted").inc()
    for transition, count in receipt.transitions.items():
        TRANSITIONS.labels(transition).inc(count)
    return JSONResponse(receipt.model_dump(mode="json"))


def _answer(status: int, result: str, message: str) -> JSONResponse:
    NOTIFICATIONS.labels(result).inc()
    return JSONResponse({"error": message}, status_code=status)
