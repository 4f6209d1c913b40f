"""What a connection is told before it is closed: one of four refusals, as JSON, with nothing in it that was sent."""

import json
from http import HTTPStatus

_REASONS = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.REQUEST_TIMEOUT: "too_slow",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "head_too_large",
    HTTPStatus.SERVICE_UNAVAILABLE: "crowded",
}
REASONS = tuple(_REASONS.values())
_RETRY_AFTER_SECONDS = 5


class Refused(Exception):
    """A request ends here. Raised within the parser's callbacks too, which wrap it."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(words)
        self.reason = _REASONS[status]
        self._status = status

    def answer(self) -> bytes:
        """The whole response; the connection ends with it."""
        body = json.dumps({"error": str(self)}).encode()
        head = [
            f"HTTP/1.1 {self._status.value} {self._status.phrase}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            "connection: close",
        ]
        if self._status is HTTPStatus.SERVICE_UNAVAILABLE:
            head.append(f"retry-after: {_RETRY_AFTER_SECONDS}")
        return "\r\n".join([*head, "", ""]).encode() + body
