"""Too much at once is told to come again, and never waits (rule 2)."""

import asyncio
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from steadyhand.receiver.answers import ANSWERS
from steadyhand.receiver.load import Load


class Slow:
    """An endpoint that has read its body and answers when it is let go."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.go = asyncio.Event()
        self.inside = asyncio.Semaphore(0)

    async def __call__(self, request: Request) -> Response:
        with self._load.one_more() as received:
            body = await Request(request.scope, received(request.receive)).body()
            self.inside.release()
            await self.go.wait()
            return JSONResponse(len(body))

    def client(self) -> httpx.AsyncClient:
        async def endpoint(request: Request) -> Response:
            return await self(request)

        app = Starlette(routes=[Route("/", endpoint, methods=["POST"])], exception_handlers=ANSWERS)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://receiver")


def told_to_come_again(answer: httpx.Response) -> bool:
    """503, never 429: Alertmanager tries only the one again."""
    return (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


async def test_one_request_too_many_comes_again_and_finds_room() -> None:
    slow = Slow(Load("ingest", largest=10, requests=2))
    async with slow.client() as client, asyncio.TaskGroup() as group:
        taken = [group.create_task(client.post("/", content=b"x")) for _ in range(2)]
        for _ in taken:
            await slow.inside.acquire()
        assert told_to_come_again(await client.post("/", content=b"x"))
        slow.go.set()
        assert [(await one).status_code for one in taken] == [200, 200]
        assert (await client.post("/", content=b"x")).status_code == 200


async def test_more_bytes_than_are_held_at_once_come_again_however_they_are_sent() -> None:
    """A body without a length is counted as it comes."""
    slow = Slow(Load("ingest", largest=10, total=15))

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"xx"

    async with slow.client() as client, asyncio.TaskGroup() as group:
        taken = group.create_task(client.post("/", content=b"x" * 10))
        await slow.inside.acquire()
        assert told_to_come_again(await client.post("/", content=b"x" * 10))
        assert told_to_come_again(await client.post("/", content=chunks()))
        slow.go.set()
        assert (await taken).json() == 10
        assert (await client.post("/", content=chunks())).json() == 10


async def test_the_largest_body_of_all_fits_whatever_the_total() -> None:
    """Or it would be told to come again for ever."""
    slow = Slow(Load("ingest", largest=100, total=10))
    slow.go.set()
    async with slow.client() as client:
        assert (await client.post("/", content=b"x" * 100)).json() == 100
