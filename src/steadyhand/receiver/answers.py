"""What is answered when an endpoint is not reached or cannot answer: JSON, always, and never a redirect.

404 no such path, 405 with Allow, 503 with Retry-After when the store does not answer, 500 for a bug, which is logged.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from steadyhand.errors import TransientError

RETRY_AFTER = {"Retry-After": "5"}


async def _refused(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, HTTPException)
    return JSONResponse({"error": refused.detail}, status_code=refused.status_code, headers=refused.headers)


async def _unanswered(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=503, headers=RETRY_AFTER)


async def _broken(_: Request, __: Exception) -> Response:
    return JSONResponse({"error": "the receiver has a fault; its log says where"}, status_code=500)


ANSWERS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    HTTPException: _refused,
    TransientError: _unanswered,
    Exception: _broken,
}
