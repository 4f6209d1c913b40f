"""What a run came to: the table, and the same as data."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.chaos.book import Book
from tests.chaos.judging import Breach, acknowledged_bodies
from tests.chaos.observed import Observed
from tests.chaos.stage import EVERY_SERVICE
from tests.chaos.striking import Kill

_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Report:
    """The figures. `services` and `points` count kills; seconds are rounded to hundredths."""

    seed: int
    seconds: float
    kills: int
    services: dict[str, tuple[int, int]]
    points: dict[str, int]
    acknowledged: int
    retried: int
    lost: int
    duplicates: int
    refused: int
    incidents: int
    runs: int
    begun: int
    run_states: dict[str, int]
    slowest_acknowledgement: float
    longest_gap: float
    breaches: tuple[Breach, ...]

    def as_data(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """The tables, the figures and the first breaches of each promise."""
        states = ", ".join(f"{count} {state}" for state, count in self.run_states.items())
        figures = {
            "seed": self.seed,
            "seconds": f"{self.seconds:.0f}",
            "kills": self.kills,
            "acknowledged": self.acknowledged,
            "  of them tried again": self.retried,
            "lost": self.lost,
            "committed twice, answer lost": self.duplicates,
            "refused for ever": self.refused,
            "incidents": self.incidents,
            "master runs": f"{self.runs}, {self.begun} of them have begun ({states})",
            "slowest acknowledgement": f"{self.slowest_acknowledgement:.2f} s",
            "longest gap without one": f"{self.longest_gap:.2f} s",
        }
        lines = [f"{'part':24}{'kills':>6}{'restarts':>10}"]
        lines += [f"{name:24}{kills:6}{again:10}" for name, (kills, again) in self.services.items()]
        lines += ["", f"{'kill point':24}{'kills':>6}", *(f"{name:24}{kills:6}" for name, kills in self.points.items())]
        lines += ["", *(f"{name:30}{value}" for name, value in figures.items())]
        lines += ["", f"breaches: {len(self.breaches) or 'none'}"]
        for promise, count in Counter(breach.promise for breach in self.breaches).items():
            shown = [breach.what for breach in self.breaches if breach.promise == promise][:_SHOWN]
            lines += [f"  not kept {count} times: {promise}", *(f"    {what}" for what in shown)]
        return "\n".join(lines)


def reported(
    book: Book,
    observed: Observed | None,
    breaches: Sequence[Breach],
    kills: Sequence[Kill],
    restarts: dict[str, int],
    *,
    seed: int,
    seconds: float,
) -> Report:
    """The report of one run; without `observed`, when there was nothing to look at in the end."""
    struck = Counter(kill.service for kill in kills)
    acknowledged, stored = acknowledged_bodies(book), observed.bodies if observed else Counter[str]()
    return Report(
        seed=seed,
        seconds=round(seconds, 2),
        kills=len(kills),
        services={name: (struck[name], restarts.get(name, 0)) for name in EVERY_SERVICE},
        points=dict(Counter(kill.point for kill in kills)),
        acknowledged=len(book.acknowledged),
        retried=sum(a.tries > 1 for a in book.acknowledged),
        lost=(acknowledged - stored).total(),
        duplicates=(stored - acknowledged).total(),
        refused=len(book.refused),
        incidents=len(observed.incidents) if observed else 0,
        runs=len(observed.runs) if observed else 0,
        begun=sum(run.begun for run in observed.runs) if observed else 0,
        run_states=dict(Counter(run.state for run in observed.runs)) if observed else {},
        slowest_acknowledgement=round(max((a.seconds for a in book.acknowledged), default=0.0), 2),
        longest_gap=round(book.longest_gap(), 2),
        breaches=tuple(breaches),
    )
