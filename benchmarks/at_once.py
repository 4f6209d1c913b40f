"""What an incident costs when many come at once (point e).

Notifications of so many services are sent at the same moment; each incident is worked until its run is suspended at the
approval gate. Wall time is from each one's notification to its gate; processor time is that of all services and of all
runs' processes together, by incident; what the services use at rest meanwhile is in it.
"""

from collections.abc import Sequence

from benchmarks.crowd import Crowd
from benchmarks.result import Line, Result
from benchmarks.spread import percentile, spread

LEAVES_OUT = (
    "The target's own programs (suites, deployer): there are none in this environment, and their probes say unknown at "
    "once. The stand-in answers at once; the two looks of D2 take 2 s of every incident. Schedules rest."
)
_P95 = 0.95


def result(crowds: Sequence[Crowd]) -> Result:
    """A line for each crowd. No target: it is only shown."""
    return Result(
        name="at-once",
        title="Cost of an incident, from its notification to the approval gate",
        measures=(__doc__ or "").split("\n\n", 1)[1].strip(),
        leaves_out=LEAVES_OUT,
        lines=tuple(map(_line, crowds)),
        figures={"crowds": [crowd.model_dump(mode="json") for crowd in crowds]},
    )


def _line(crowd: Crowd) -> Line:
    seconds = crowd.seconds_to_gate
    return Line(
        what=f"{crowd.number} at once",
        measured=f"{spread(seconds).told('s', 1)} to the gate; 95 of 100 in {percentile(seconds, _P95):.1f} s",
        beside=(
            f"{crowd.cpu_seconds / crowd.number:.1f} s of processor time an incident; at most {crowd.most_processes} "
            f"runs' processes, {crowd.most_megabytes:,.0f} MB"
        ),
    )
