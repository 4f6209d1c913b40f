"""What incidents hold while they wait for approval (point d).

The last crowd of incidents has been worked to the approval gate, and every run is suspended. Counted are the processes
of flow runs under the worker, and all processes under the services (Postgres' backends excepted: they are its pool's);
memory is the services' own, where what several processes share is counted once (PSS), before that crowd and after.
"""

from collections.abc import Sequence

from benchmarks.crowd import Crowd
from benchmarks.result import Line, Result

LEAVES_OUT = (
    "The schedules that look at open incidents (exit criteria, communication): they rest here, and cost a process each "
    "while they run, however many incidents wait. What the services keep of the work itself is counted as held."
)


def result(crowds: Sequence[Crowd]) -> Result:
    """The lines of the last crowd, and what the services use at rest with none and with all crowds waiting."""
    crowd = crowds[-1]
    return Result(
        name="waiting",
        title=f"Held by {crowd.number} incidents that wait for approval",
        measures=(__doc__ or "").split("\n\n", 1)[1].strip(),
        leaves_out=LEAVES_OUT,
        lines=(_processes(crowd), _memory(crowd), _processor(crowds)),
        figures={"before": crowd.before.model_dump(mode="json"), "after": crowd.after.model_dump(mode="json")},
    )


def _processes(crowd: Crowd) -> Line:
    beyond = crowd.after.processes - crowd.before.processes
    return Line(
        what="processes beyond the services'",
        measured=f"{crowd.after.flow_processes} of flow runs, {beyond:+d} in all",
        beside=f"{crowd.after.processes} of the services; at work, at most {crowd.most_processes} of flow runs",
        target="0",
        met=crowd.after.flow_processes == 0 and beyond <= 0,
    )


def _memory(crowd: Crowd) -> Line:
    before, after = crowd.before.megabytes, crowd.after.megabytes
    grown = {name: after[name] - before[name] for name in after}
    told = ", ".join(f"{name} {megabytes:+.0f}" for name, megabytes in grown.items())
    return Line(
        what="memory of the services, MB",
        measured=f"{sum(before.values()):,.0f} before, {sum(after.values()):,.0f} after",
        beside=f"{told}; {sum(grown.values()) / crowd.number:+.1f} an incident",
    )


def _processor(crowds: Sequence[Crowd]) -> Line:
    first, last = crowds[0].before, crowds[-1].after
    return Line(
        what="processor time of the services at rest",
        measured=f"{last.core_share:.1%} of a core while {last.waiting} wait",
        beside=f"{first.core_share:.1%} while {first.waiting} wait",
    )
