"""Reports as benchmarks make them."""

from benchmarks.result import Line, Report, Result, Surroundings

HERE = Surroundings(
    cores=2,
    processor="a processor",
    memory_gigabytes=8,
    python="3.11.2",
    prefect="3.8.8",
    day="2026-11-23",
    scale="full",
)


def report(*lines: Line) -> Report:
    """A report of one benchmark with these lines."""
    result = Result(
        name="intake", title="Intake", measures="How fast.", leaves_out="The network.", lines=lines, figures={}
    )
    return Report(surroundings=HERE, results=(result,))


def line(*, met: bool | None) -> Line:
    """A line whose target was met, was missed, or is not there."""
    return Line(what="speed [of it]", measured="512 /s", beside="a | b", target=">= 400 /s", met=met)
