"""One bounded look at an address where the status itself is the finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import httpx

from steadyhand.clients.exchange import Question, answer, whole


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How long the whole answer may take, in seconds, and how large it may be."""

    seconds: float
    max_bytes: int


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back. Redirects are not followed."""

    question: Question
    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.question} answered {self.status}"

    @property
    def start(self) -> str:
        """How it begins, for quoting: without what our headers held."""
        return self.question.start(self.text)


async def reply_to(
    method: Literal["GET", "OPTIONS"], url: str, bounds: Bounds, headers: Mapping[str, str] | None = None
) -> Reply:
    """The reply, whatever its status; nothing is changed by asking.

    Raises TransientError when none comes in time, UnexpectedAnswer for one that is too large or compressed,
    ConfigurationError for what is no address.
    """
    question = Question(method, url, headers or {})
    async with httpx.AsyncClient(timeout=bounds.seconds) as http:
        response, body = await answer(http, question, bounds.seconds, bounds.max_bytes)
    text = whole(question, response, body, bounds.max_bytes)
    answered = {name.lower(): value for name, value in response.headers.items()}
    return Reply(question=question, status=response.status_code, text=text, headers=answered)
