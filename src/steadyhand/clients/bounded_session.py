"""An adapter for libraries that read whole answers with requests: bounded in size and in time, and never compressed."""

import io
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

_PIECE = 65536


class NotAskedFor(requests.exceptions.RequestException):
    """An answer that trying again cannot better: a redirect, a larger or a compressed one."""


class BoundedAdapter(HTTPAdapter):
    """Whole answers of at most `max_bytes`, read to their end within `seconds` or given up: ReadTimeout, NotAskedFor.

    Nothing is tried twice, no redirect is followed, and no connection is open afterwards.
    """

    def __init__(self, *, max_bytes: int, seconds: float) -> None:
        super().__init__(max_retries=Retry(0, redirect=False))
        self._max_bytes = max_bytes
        self._seconds = seconds

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        """The answer, its body already read."""
        deadline = time.monotonic() + self._seconds
        request.headers.update({"Accept-Encoding": "identity", "Connection": "close"})
        response = super().send(request, *args, **{**named, "stream": True})
        try:
            if response.is_redirect:
                raise NotAskedFor(f"answered {response.status_code}: a redirect, which is not followed")
            if response.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}:
                raise NotAskedFor(f"answered {response.status_code} with something compressed")
            body = self._body(response, deadline)
        except HTTPError as error:
            raise requests.exceptions.ConnectionError(error) from error
        finally:
            response.close()
        response.raw = io.BytesIO(body)
        response.encoding = "utf-8"  # JSON is, whatever it calls itself; some of Python's codecs never end
        return response

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        body = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=False):
            body += piece
            if len(body) > self._max_bytes:
                raise NotAskedFor(f"answered more than {self._max_bytes} bytes; reading was stopped")
            if time.monotonic() > deadline:
                raise requests.exceptions.ReadTimeout("the answer was not whole in time")
        return bytes(body)
