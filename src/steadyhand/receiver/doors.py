"""The doors before the endpoints: who may come in, how large, and how many at once (T1).

Answers of a door: 401 no or an unknown token, 403 another door's token or a door without one, 413 larger than
`intake.max_body_bytes` by its own account, 503 too many at once. None of them says or logs anything that was sent.
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from itertools import product

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from steadyhand.profile import Profile
from steadyhand.profile.token import digest
from steadyhand.receiver.keys import SETTINGS, Keys, Role
from steadyhand.receiver.load import Load
from steadyhand.receiver.metrics import REFUSED

Endpoint = Callable[[Request], Awaitable[Response]]
_REASONS = ("not_configured", "unauthorized", "wrong_door", "too_large", "overloaded")
_REALM = 'realm="steadyhand"'
_DIGITS = 18
"""Of a length that is a number; the parser lets none but digits pass."""


class Doors:
    """All doors of one receiver: `Route(path, doors.door(Role.ADMIN, endpoint))`."""

    def __init__(self, profile: Profile) -> None:
        """Raises ConfigurationError when the profile's tokens are not fit to start with."""
        self._keys = Keys(profile.receiver)
        self._user = profile.receiver.basic_user
        self._max_body_bytes = profile.intake.max_body_bytes
        for role, reason in product(Role, _REASONS):
            REFUSED.labels(role, reason)  # there from the start, or a first refusal would not be seen to increase it
        self._loads = {role: Load(role, largest=self._max_body_bytes) for role in Role}

    def door(self, role: Role, endpoint: Endpoint) -> Endpoint:
        """The endpoint, reached only by those who may, within bounds."""

        async def guarded(request: Request) -> Response:
            self._require_token(role, request)
            self._require_size(role, request)
            with self._loads[role].one_more() as received:
                return await endpoint(Request(request.scope, received(request.receive)))

        return guarded

    def _require_token(self, role: Role, request: Request) -> None:
        if not self._keys.has(role):
            setting = SETTINGS[role]
            raise _refusal(
                role,
                "not_configured",
                HTTPStatus.FORBIDDEN,
                f"this door has no token: make one with `steadyhand token --for {role}` and set [{setting}] token",
            )
        shown = self._shown(role, request)
        opened = self._keys.opened_by(digest(shown)) if shown else frozenset()
        if role in opened:
            return
        if opened:
            raise _refusal(
                role, "wrong_door", HTTPStatus.FORBIDDEN, f"this token opens {', '.join(sorted(opened))}, not {role}"
            )
        raise _refusal(
            role,
            "unauthorized",
            HTTPStatus.UNAUTHORIZED,
            f"send 'Authorization: Bearer TOKEN' with the token of [{SETTINGS[role]}]",
            {"WWW-Authenticate": self._challenge(role)},
        )

    def _shown(self, role: Role, request: Request) -> bytes:
        """The token that was sent; empty without one, and with two, for then it is unclear who asks."""
        sent = request.headers.getlist("authorization")
        scheme, _, value = (sent[0] if len(sent) == 1 else "").partition(" ")
        if scheme.lower() == "bearer":
            return value.strip().encode("latin-1")
        if scheme.lower() == "basic" and self._takes_basic(role):
            return self._password(value)
        return b""

    def _password(self, value: str) -> bytes:
        try:
            user, _, password = base64.b64decode(value.strip(), validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return b""
        is_the_user = hmac.compare_digest(digest(user), digest(self._user.encode()))
        return password if is_the_user else b""

    def _takes_basic(self, role: Role) -> bool:
        """Only Alertmanager's door: a browser keeps such a password and would send it for whoever asks it to."""
        return bool(self._user) and role is Role.INGEST

    def _challenge(self, role: Role) -> str:
        return f"Bearer {_REALM}, Basic {_REALM}" if self._takes_basic(role) else f"Bearer {_REALM}"

    def _require_size(self, role: Role, request: Request) -> None:
        announced = request.headers.get("content-length", "0")
        if len(announced) > _DIGITS or int(announced) > self._max_body_bytes:
            limit = f"the body is over {self._max_body_bytes} bytes (intake.max_body_bytes)"
            raise _refusal(role, "too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, limit)


def _refusal(
    role: Role, reason: str, status: HTTPStatus, words: str, headers: dict[str, str] | None = None
) -> HTTPException:
    REFUSED.labels(role, reason).inc()
    return HTTPException(status, words, headers)
