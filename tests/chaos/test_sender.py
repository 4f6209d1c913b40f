"""The senders are as Alertmanager is: what it retries they retry, what it gives up they give up and write down."""

from collections.abc import Sequence

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.incident import Environment
from tests.chaos.book import Book
from tests.chaos.notification import garbled
from tests.chaos.sender import Sender

SENT = garbled(IncidentKey(environment=Environment.PRODUCTION, service="orchestrator"))


async def delivered(answers: Sequence[int]) -> tuple[Book, list[tuple[str, bytes]]]:
    """The sender's book, and who got which body, when two receivers answer like this in turn; 0 is a dropped call."""
    book, got, left = Book(), list[tuple[str, bytes]](), list(answers)

    async def answer(request: Request) -> Response:
        got.append((request.url.hostname or "", await request.body()))
        if not (status := left.pop(0)):
            raise httpx.RemoteProtocolError("the receiver was killed")
        return Response(f"answer {status}", status_code=status)

    app = Starlette(routes=[Route("/v1/alertmanager", answer, methods=["POST"])])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        await Sender(http, ["http://a", "http://b"], book).deliver(SENT)
    return book, got


async def test_a_503_and_a_dropped_connection_are_tried_again_at_the_other_receiver() -> None:
    """The same bytes, until there is a 2xx."""
    book, got = await delivered([503, 0, 500, 200])
    assert got == [("a", SENT.body), ("b", SENT.body), ("a", SENT.body), ("b", SENT.body)]
    (acknowledged,) = book.acknowledged
    assert (acknowledged.sent, acknowledged.tries, acknowledged.answer) == (SENT, 4, "answer 200")
    assert book.refused == []


async def test_a_4xx_is_given_up_and_written_down() -> None:
    """429 as well: this is why back-pressure must be 503."""
    book, got = await delivered([503, 429])
    assert len(got) == 2
    assert book.acknowledged == []
    assert [(refusal.body, refusal.answer) for refusal in book.refused] == [(SENT.body, "429: answer 429")]
