"""Steady work for an orchestrator: `python -m steadyhand.rehearsal.traffic --url URL --rate 8`.

It goes on whatever the orchestrator does, and ends with SIGTERM, after `--duration`, or when the process that started
it is gone. The last line on stdout counts what became of the requests.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
from dataclasses import asdict, dataclass

import httpx

RATE_PER_SECOND = 8.0
TIMEOUT_SECONDS = 2.0
MOST_IN_FLIGHT = 32
VERBS = ("compare", "explain", "summarise", "count", "translate")
SUBJECTS = ("the last two releases", "the growing queue", "latency of the tools", "the planning handbook")


@dataclass
class Tally:
    """Requests so far: accepted with 202, refused with another answer, lost without one, or never sent."""

    accepted: int = 0
    refused: int = 0
    lost: int = 0
    skipped: int = 0


class Traffic:
    """Posts goals, at most `MOST_IN_FLIGHT` at a time; a beat that finds no room is skipped."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._in_flight: set[asyncio.Task[None]] = set()
        self.tally = Tally()

    def beat(self) -> None:
        """Send one goal, in the background."""
        if len(self._in_flight) >= MOST_IN_FLIGHT:
            self.tally.skipped += 1
            return
        sending = asyncio.create_task(self._send(_goal()))
        self._in_flight.add(sending)
        sending.add_done_callback(self._in_flight.discard)

    async def settle(self) -> None:
        """Return when nothing is in flight any more."""
        await asyncio.gather(*self._in_flight)

    async def _send(self, goal: str) -> None:
        try:
            answer = await self._client.post("/api/v1/tasks", json={"goal": goal})
        except httpx.HTTPError:
            self.tally.lost += 1
            return
        if answer.status_code == httpx.codes.ACCEPTED:
            self.tally.accepted += 1
        else:
            self.tally.refused += 1


async def drive(url: str, *, rate: float, duration: float | None) -> Tally:
    """Send `rate` goals per second until told to stop; returns what became of them."""
    loop, parent, stop = asyncio.get_running_loop(), os.getppid(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        traffic = Traffic(client)
        began = due = loop.time()
        while not stop.is_set() and os.getppid() == parent and (duration is None or loop.time() < began + duration):
            traffic.beat()
            due = max(due + 1 / rate, loop.time() - 1.0)  # after a stall it catches up with one second, not with all
            await _sleep_until(due, stop)
        await traffic.settle()
        return traffic.tally


async def _sleep_until(due: float, stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout_at(due):
            await stop.wait()
    except TimeoutError:
        return


def _goal() -> str:
    return f"{random.choice(VERBS)} {random.choice(SUBJECTS)} #{random.randrange(10**6)}"  # noqa: S311


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m steadyhand.rehearsal.traffic", description=__doc__)
    parser.add_argument("--url", required=True, help="base address of the orchestrator")
    parser.add_argument("--rate", type=float, default=RATE_PER_SECOND, help="goals per second (default: 8)")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="stop by itself (default: never)")
    given = parser.parse_args(arguments)
    if given.rate <= 0:
        parser.error("--rate must be above 0")
    tally = asyncio.run(drive(given.url, rate=given.rate, duration=given.duration))
    sys.stdout.write(json.dumps(asdict(tally)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
