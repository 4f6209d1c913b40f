"""Secret blocks of a Prefect server, read over its REST API: we run where Prefect need not be installed."""

import json
import os
import time

import httpx

from steadyhand.errors import ConfigurationError

_SECONDS = 5.0
_MAX_BYTES = 1_000_000


def read_block(api_url: str, name: str) -> str:
    """The text in the Secret block of this name.

    Raises ConfigurationError when the server does not answer, has no such block, or keeps something else than text in
    it. The secret is in no message.
    """
    asked = f"the Secret block {name!r} of Prefect at {api_url}"
    url = f"{api_url.rstrip('/')}/block_types/slug/secret/block_documents/name/{name}"
    try:
        status, body = _get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConfigurationError(f"cannot read {asked}: {error or type(error).__name__}") from error
    if status == httpx.codes.NOT_FOUND:
        raise ConfigurationError(f"there is not {asked}; make it in Prefect's UI, under Blocks")
    if status != httpx.codes.OK:
        raise ConfigurationError(f"cannot read {asked}: it answered {status}{_hint(status)}")
    try:
        value = json.loads(body)["data"]["value"]
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f"cannot read {asked}: it answered something else than a Secret block") from None
    if not isinstance(value, str):
        raise ConfigurationError(f"{asked} holds no text; keep one secret in one block")
    return value


def _get(url: str) -> tuple[int, bytes]:
    """Status and body, bounded in time and size."""
    deadline = time.monotonic() + _SECONDS
    body = bytearray()
    with httpx.stream("GET", url, params={"include_secrets": "true"}, timeout=_SECONDS, auth=_login()) as answer:
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > _MAX_BYTES or time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"no whole answer within {_SECONDS:g} s and {_MAX_BYTES} bytes")
        return answer.status_code, bytes(body)


def _login() -> httpx.BasicAuth | None:
    """The server's own password, where one guards it."""
    user, _, password = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
    return httpx.BasicAuth(user, password) if user else None


def _hint(status: int) -> str:
    return "; set PREFECT_API_AUTH_STRING" if status == httpx.codes.UNAUTHORIZED else ""
