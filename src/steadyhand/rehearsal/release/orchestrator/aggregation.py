"""From the outputs of the tools to the answer of the task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Output(Protocol):
    """What is used of a tool's output."""

    @property
    def tool(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def sources(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Section:
    """One tool's part of the answer."""

    tool: str
    text: str
    confidence: float


@dataclass(frozen=True)
class Answer:
    """The sections in the order of the plan, each source once, and the mean confidence (0 to 1)."""

    sections: tuple[Section, ...]
    sources: tuple[str, ...]
    confidence: float


def aggregate(outputs: Sequence[Output]) -> Answer:
    """The answer made of at least one output."""
    sections = tuple(Section(output.tool, output.text, output.confidence) for output in outputs)
    sources = tuple(dict.fromkeys(source for output in outputs for source in output.sources))
    confidence = sum(section.confidence for section in sections) / len(sections)
    return Answer(sections=sections, sources=sources, confidence=round(confidence, 4))
