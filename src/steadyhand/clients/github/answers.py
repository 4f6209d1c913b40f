"""What GitHub's refusals mean, through githubkit: its errors told in ours."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import BaseModel, ValidationError

from steadyhand.clients.bounded import OutOfBounds
from steadyhand.domain.record import Text, utc_now
from steadyhand.errors import PermanentError, SteadyhandError, TransientError, UnexpectedAnswer

if TYPE_CHECKING:
    from githubkit import Response
    from githubkit.exception import RateLimitExceeded, RequestFailed

_SHOWN = 200


class NotThere(UnexpectedAnswer):
    """404: it does not exist, or the token cannot see it."""


class NotAllowed(PermanentError):
    """GitHub understood, and will not: 403, or 422 with its reason."""


class _Refusal(BaseModel):
    message: Text


async def answered(asked: "Awaitable[Response[Any, Any]]", *, where: str, table: str) -> "Response[Any, Any]":
    """The answer, of status 2xx, or a redirect that was not followed.

    `where` says who is asked; `table` is the profile's, whose token it was. Raises TransientError for 5xx, timeouts and
    rate limits; NotThere for 404; NotAllowed for 403 and 422; UnexpectedAnswer for all else.
    """
    from githubkit.exception import (  # noqa: PLC0415 - half a second, and every flow run imports the probes
        RateLimitExceeded,
        RequestError,
        RequestFailed,
        RequestTimeout,
    )

    try:
        return await asked
    except RateLimitExceeded as error:
        raise TransientError(f"{where} asks for less: {_until(error)}") from error
    except RequestFailed as error:
        raise _refused(error, where, table) from error
    except RequestTimeout as error:
        raise TransientError(f"{where} gave no whole answer in time") from error
    except RequestError as error:
        if isinstance(error.exc, OutOfBounds):
            raise UnexpectedAnswer(f"{where}: {error.exc}") from error
        # Not the words of any other error: httpx quotes the header it cannot send, and with it the token.
        told = str(error.exc) if isinstance(error.exc, httpx.NetworkError) else ""
        raise TransientError(f"{where} does not answer: {told or type(error.exc).__name__}"[:_SHOWN]) from error
    except (ValueError, TypeError, ArithmeticError, OSError) as error:
        # githubkit reads the headers of a rate limit as if nobody but GitHub ever wrote them.
        raise UnexpectedAnswer(f"{where} answered a rate limit that is none: {type(error).__name__}") from error


def _until(error: "RateLimitExceeded") -> str:
    try:
        reset = utc_now() + error.retry_after
    except OverflowError:
        return "its rate limit ends at no date there is"
    return f"its rate limit is exceeded until {reset:%Y-%m-%d %H:%M:%S} UTC"


def _refused(error: "RequestFailed", where: str, table: str) -> SteadyhandError:
    status = error.response.status_code
    said = _message(error.response.content)
    told = f"{where} answered {status}{said and ': '}{said}"
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        return TransientError(told)
    if status == httpx.codes.UNAUTHORIZED:
        return UnexpectedAnswer(f"{told}; see {table}.token")
    if status == httpx.codes.NOT_FOUND:
        return NotThere(f"{told}: it does not exist, or the token of {table}.token cannot see it")
    if status == httpx.codes.FORBIDDEN:
        return NotAllowed(f"{told}; the token of {table}.token may not do this")
    return NotAllowed(told) if status == httpx.codes.UNPROCESSABLE_ENTITY else UnexpectedAnswer(told)


def _message(content: bytes) -> str:
    try:
        return " ".join(_Refusal.model_validate_json(content).message.split())[:_SHOWN]
    except ValidationError:
        return ""
