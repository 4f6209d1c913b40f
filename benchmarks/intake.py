"""Durable notifications a second, beside a bare endpoint that only commits the raw body (point a).

The receiver runs as it does in production, in a process of its own; the bare endpoint is the same server (uvicorn,
uvloop, httptools) on the same Postgres, with one INSERT of the body for each request. Both get the same bytes from 16
keep-alive connections, in turns, and rest before the other's turn. Every acknowledged body is looked for afterwards.
"""

from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path

from benchmarks.bodies import MIXES, REAL_LIFE
from benchmarks.contenders import Contender, Contenders, contenders
from benchmarks.intake_result import Rounds, Turn, result
from benchmarks.processes import cpu_seconds, quiet
from benchmarks.result import Result
from benchmarks.scale import Scale
from benchmarks.sending import send
from steadyhand.stack.up import Report

_REST_SECONDS = 20


async def run(scale: Scale, directory: Path, report: Report) -> Result:
    """The figures of every mix; the targets are those of the mix as in real life."""
    found: dict[str, Rounds] = {}
    async with contenders(directory, report) as both:
        for number, mix in enumerate(MIXES):
            main = mix == REAL_LIFE
            rounds, seconds = (scale.rounds, scale.seconds) if main else (scale.shown_rounds, scale.shown_seconds)
            report(f"intake, {mix}: {rounds} rounds of {seconds:g} s to each side")
            found[mix] = await _in_turns(both, mix, rounds=rounds, seconds=seconds, seed=1 + 100 * number)
        missing = {side.name: await _missing(both, side, found) for side in (both.receiver, both.bare)}
        counts = await both.counts()
    return result((__doc__ or "").split("\n\n", 1)[1].strip(), found, missing, counts)


async def _in_turns(both: Contenders, mix: str, *, rounds: int, seconds: float, seed: int) -> Rounds:
    """A B A B: what slows the machine for a while hits both. Each round tells of other alerts, the same to both."""
    found: Rounds = defaultdict(list)
    for number in range(rounds):
        for side in (both.bare, both.receiver):
            before = _used(both)
            burst = await send(side, mix=mix, seed=seed + number, seconds=seconds)
            await quiet(both.pids.values(), _REST_SECONDS)
            after = _used(both)
            cost = {name: (after[name] - before[name]) * 1000 / sum(burst.acknowledged.values()) for name in after}
            found[side.name].append(Turn(burst=burst, cost=cost))
    return found


def _used(both: Contenders) -> dict[str, float]:
    return {name: cpu_seconds([pid]) for name, pid in both.pids.items()}


async def _missing(both: Contenders, side: Contender, found: dict[str, Rounds]) -> int:
    """How many acknowledged bodies are not in the database."""
    acknowledged: Counter[str] = Counter()
    for turn in chain.from_iterable(rounds[side.name] for rounds in found.values()):
        acknowledged.update(turn.burst.acknowledged)
    return (acknowledged - await both.stored(side)).total()
