"""What the intake benchmark says. Pure."""

from collections import Counter
from collections.abc import Sequence

from pydantic import JsonValue

from benchmarks.bodies import REAL_LIFE
from benchmarks.burst import Burst
from benchmarks.result import Line, Result
from benchmarks.sending import CONNECTIONS
from benchmarks.spread import percentile, ratios, spread
from steadyhand.domain.record import Record
from steadyhand.store.counts import Counts

LEAVES_OUT = (
    "The network, TLS, and what follows the answer: no dispatcher and no Prefect run here. The load generator and "
    "Postgres share the cores with both."
)
_SHARE, _PER_SECOND, _SLOWEST_MS = 0.60, 400.0, 250.0
_P99, _P50 = 0.99, 0.5
_OK = 200
_SHOWN_MS = 0.005


class Turn(Record):
    """One burst to one side, and milliseconds of processor time for each acknowledged notification, by service."""

    burst: Burst
    cost: dict[str, float]

    @property
    def per_second(self) -> float:
        """Acknowledged notifications a second."""
        return self.burst.per_second


Rounds = dict[str, list[Turn]]


def result(measures: str, found: dict[str, Rounds], missing: dict[str, int], counts: Counts) -> Result:
    """The lines of every mix; the targets are those of the mix as in real life."""
    main = found[REAL_LIFE]
    lines = [*_of_real_life(main["receiver"], main["bare"])]
    lines += [_shown(mix, rounds) for mix, rounds in found.items() if mix != REAL_LIFE]
    lines += _kept(found, missing, counts)
    return Result(
        name="intake",
        title=f"Durable notifications a second, {CONNECTIONS} at once",
        measures=measures,
        leaves_out=LEAVES_OUT,
        lines=tuple(lines),
        figures={mix: _figures(rounds) for mix, rounds in found.items()},
    )


def _kept(found: dict[str, Rounds], missing: dict[str, int], counts: Counts) -> list[Line]:
    """Rule 2, and that nothing which a 200 promises was put off."""
    acknowledged = sum(sum(t.burst.acknowledged.values()) for rounds in found.values() for t in rounds["receiver"])
    return [
        Line(
            what="acknowledged and not in the database",
            measured=f"{missing['receiver']} of {acknowledged:,}",
            beside=f"bare endpoint {missing['bare']}",
            target="0",
            met=missing["receiver"] == 0,
        ),
        Line(
            what="alerts that wait to be processed, or are unaccounted for",
            measured=f"{counts.inbox_pending} and {counts.unaccounted} of {counts.stored_alerts:,}",
            beside=f"{counts.open_incidents} incidents were opened",
            target="0 and 0",
            met=counts.inbox_pending == counts.unaccounted == 0,
        ),
    ]


def _of_real_life(ours: Sequence[Turn], theirs: Sequence[Turn]) -> list[Line]:
    rate, bare = spread([t.per_second for t in ours]), spread([t.per_second for t in theirs])
    share = ratios([t.per_second for t in ours], [t.per_second for t in theirs])
    p99, bare_p99 = _latency(ours, _P99), _latency(theirs, _P99)
    return [
        Line(
            what=f"{REAL_LIFE}{_refused(ours)}",
            measured=rate.told("/s"),
            beside=f"bare endpoint {bare.told('/s')}{_refused(theirs)}",
            target=f">= {_PER_SECOND:.0f} /s",
            met=rate.median >= _PER_SECOND,
        ),
        Line(
            what="share of the bare endpoint, round by round",
            measured=_percent(share.median, share.low, share.high),
            target=f">= {_SHARE:.0%}",
            met=share.median >= _SHARE,
        ),
        Line(
            what="99th percentile of the answer",
            measured=f"{p99:.0f} ms (median {_latency(ours, _P50):.0f})",
            beside=f"bare endpoint {bare_p99:.0f} ms (median {_latency(theirs, _P50):.0f})",
            target=f"< {_SLOWEST_MS:.0f} ms",
            met=p99 < _SLOWEST_MS,
        ),
        Line(
            what="processor time a notification",
            measured=_told(_cost(ours)),
            beside=f"bare endpoint: {_told(_cost(theirs))}",
        ),
    ]


def _told(cost: dict[str, float]) -> str:
    return ", ".join(f"{name} {ms:.2f} ms" for name, ms in cost.items())


def _shown(mix: str, rounds: Rounds) -> Line:
    ours, theirs = rounds["receiver"], rounds["bare"]
    share = ratios([t.per_second for t in ours], [t.per_second for t in theirs])
    return Line(
        what=f"{mix}{_refused(ours)}",
        measured=f"{spread([t.per_second for t in ours]).told('/s')}, p99 {_latency(ours, _P99):.0f} ms",
        beside=f"bare endpoint {spread([t.per_second for t in theirs]).told('/s')}; share {share.median:.0%}",
    )


def _percent(*shares: float) -> str:
    middle, low, high = (f"{share:.0%}" for share in shares)
    return f"{middle} ({low}-{high})"


def _latency(turns: Sequence[Turn], share: float) -> float:
    return percentile([ms for turn in turns for ms in turn.burst.latencies], share)


def _refused(turns: Sequence[Turn]) -> str:
    """Words for the answers that were no 200; none where all were."""
    others: Counter[int] = Counter()
    for turn in turns:
        others.update({status: number for status, number in turn.burst.statuses.items() if status != _OK})
    told = ", ".join(f"{number} x {status}" for status, number in sorted(others.items()))
    return f" (and {told})" if told else ""


def _cost(turns: Sequence[Turn]) -> dict[str, float]:
    """Milliseconds of processor time a notification, by service; what rests meanwhile is left out."""
    middle = {name: spread([turn.cost[name] for turn in turns]).median for name in turns[0].cost}
    return {name: round(ms, 3) for name, ms in middle.items() if ms >= _SHOWN_MS}


def _figures(rounds: Rounds) -> JsonValue:
    return {
        side: {
            "per_second": [round(turn.per_second, 1) for turn in turns],
            "p50_ms": _latency(turns, _P50),
            "p99_ms": _latency(turns, _P99),
            "cpu_ms": dict(_cost(turns)),
            "statuses": [{str(status): number for status, number in turn.burst.statuses.items()} for turn in turns],
        }
        for side, turns in rounds.items()
    }
