"""One sender, as Alertmanager behind a load balancer behaves."""

import itertools
import time
from collections.abc import Sequence

import anyio
import httpx

from tests.chaos.book import Acknowledgement, Book, Refusal
from tests.chaos.notification import Composed

_ANSWER_SECONDS = 60
_FIRST_GAP_SECONDS, _LONGEST_GAP_SECONDS, _GROWTH = 0.1, 2.0, 1.5
_GIVEN_UP_SECONDS = 240
_ANSWER_SHOWN = 300


class Sender:
    """Delivers bodies, one receiver after the other. Retries what Alertmanager retries, gives up what it gives up."""

    def __init__(self, http: httpx.AsyncClient, receivers: Sequence[str], book: Book) -> None:
        self._http = http
        self._next = itertools.cycle(receivers)
        self._book = book

    async def deliver(self, sent: Composed) -> None:
        """The body is acknowledged or refused, and that is in the book.

        The answer may take a minute: an attempt that is left while it still runs could be committed after a later body.
        """
        started, gap = time.monotonic(), _FIRST_GAP_SECONDS
        for tries in itertools.count(1):
            status, said = await self._try(sent.body)
            now = time.monotonic()
            if httpx.codes.is_success(status):
                self._book.acknowledged.append(
                    Acknowledgement(sent=sent, answer=said, first_tried_at=started, at=now, tries=tries)
                )
                return
            if 0 < status < httpx.codes.INTERNAL_SERVER_ERROR or now - started > _GIVEN_UP_SECONDS:
                self._book.refused.append(Refusal(body=sent.body, answer=f"{status}: {said}"))
                return
            await anyio.sleep(gap)
            gap = min(gap * _GROWTH, _LONGEST_GAP_SECONDS)

    async def _try(self, body: bytes) -> tuple[int, str]:
        """The answer's status and text; status 0 when there was none."""
        try:
            answer = await self._http.post(f"{next(self._next)}/v1/alertmanager", content=body, timeout=_ANSWER_SECONDS)
        except httpx.TransportError as error:
            return 0, repr(error)[:_ANSWER_SHOWN]
        return answer.status_code, answer.text[:_ANSWER_SHOWN]
