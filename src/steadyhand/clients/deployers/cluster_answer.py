"""One question to Kubernetes: its answer in time, in size and in shape, and errors told in ours."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from steadyhand.clients.deployers.cluster_wire import Status
from steadyhand.clients.quoting import fault
from steadyhand.errors import ChangeRefused, ConfigurationError, SteadyhandError, TransientError, UnexpectedAnswer

_ANSWER_BYTES = 10_000_000
_SAID = 2000
_BAD, _UNAUTHORIZED, _FORBIDDEN, _CONFLICT, _TOO_MANY, _SERVER_ERROR = 400, 401, 403, 409, 429, 500
W = TypeVar("W", bound=BaseModel)


class Conflict(TransientError):
    """The object was changed since it was read; nothing was written."""


@dataclass(frozen=True)
class Question:
    """`call` is a method of the library's API; `what` names the permission that it needs, for a person."""

    what: str
    call: Callable[..., Awaitable[Any]]
    namespace: str
    seconds: float
    changes: bool = False

    async def read(self, shape: type[W], **arguments: Any) -> W:
        """The answer in this shape. Raises as `ask`, and UnexpectedAnswer when it is not of the shape."""
        body = await self.ask(**arguments)
        try:
            return shape.model_validate_json(body)
        except ValidationError as error:
            raise UnexpectedAnswer(
                f"Kubernetes answered something else than documented to {self} ({fault(error)})"
            ) from error

    async def ask(self, **arguments: Any) -> bytes:
        """The body of a good answer.

        Raises TransientError when nothing answers in time, or with 429 or 5xx; Conflict on 409; UnexpectedAnswer for
        what is not allowed (401, 403). Any other no to a change is ChangeRefused, and to a question UnexpectedAnswer.
        """
        from aiohttp import ClientError, InvalidURL  # noqa: PLC0415 - only where there is a cluster

        try:
            async with asyncio.timeout(self.seconds):
                response = await self.call(**arguments, _preload_content=False, _request_timeout=self.seconds)
                async with response:
                    status, body = response.status, await self._whole(response.content.iter_any())
        except InvalidURL as error:
            raise ConfigurationError(f"the server in the kubeconfig is no address: {error}") from error
        except TimeoutError as error:
            raise TransientError(f"Kubernetes gave no whole answer to {self} within {self.seconds:g} s") from error
        except (ClientError, OSError) as error:
            raise TransientError(f"Kubernetes cannot be asked to {self}: {error or type(error).__name__}") from error
        if status >= _BAD:
            raise self._refusal(status, _message(body))
        return body

    def __str__(self) -> str:
        return f"`{self.what}` in namespace {self.namespace}"

    def _refusal(self, status: int, said: str) -> SteadyhandError:
        told = f"Kubernetes answered {status} to {self}: {said}"
        if status == _CONFLICT:
            return Conflict(told)
        if status == _TOO_MANY or status >= _SERVER_ERROR:
            return TransientError(told)
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            return UnexpectedAnswer(f"Kubernetes does not allow us to {self}: {said}")
        return ChangeRefused(told, last_words=said) if self.changes else UnexpectedAnswer(told)

    async def _whole(self, chunks: AsyncIterator[bytes]) -> bytes:
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > _ANSWER_BYTES:
                raise UnexpectedAnswer(f"Kubernetes answered more than {_ANSWER_BYTES} bytes to {self}")
        return bytes(body)


def _message(body: bytes) -> str:
    try:
        return Status.model_validate_json(body).message[:_SAID]
    except ValidationError:
        return repr(body[:120].decode(errors="replace"))
