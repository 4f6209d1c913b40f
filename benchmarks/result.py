"""What a benchmark says: lines for people, figures for scripts."""

from collections.abc import Sequence

from pydantic import JsonValue

from steadyhand.domain.record import Record


class Line(Record):
    """One line of the table. `met` is None where there is no target: the line is only shown."""

    what: str
    measured: str
    beside: str = ""
    target: str = ""
    met: bool | None = None


class Result(Record):
    """One benchmark's lines. `figures` are what the lines were made of."""

    name: str
    title: str
    measures: str
    leaves_out: str
    lines: tuple[Line, ...]
    figures: dict[str, JsonValue]

    @property
    def met(self) -> bool:
        """No target was missed."""
        return all(line.met is not False for line in self.lines)


class Surroundings(Record):
    """The machine and the versions, without which the figures say nothing."""

    cores: int
    processor: str
    memory_gigabytes: float
    python: str
    prefect: str
    day: str
    scale: str

    @property
    def told(self) -> str:
        """One line."""
        return (
            f"{self.cores} cores ({self.processor}), {self.memory_gigabytes:.0f} GB, Python {self.python}, "
            f"Prefect {self.prefect}, {self.day}, scale {self.scale}"
        )


class Report(Record):
    """A whole run."""

    surroundings: Surroundings
    results: tuple[Result, ...]

    @property
    def missed(self) -> Sequence[Line]:
        """The lines whose target was missed."""
        return [line for result in self.results for line in result.lines if line.met is False]
