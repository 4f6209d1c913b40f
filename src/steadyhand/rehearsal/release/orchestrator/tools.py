"""The tools a plan may use. Each reads the goal's words or the documents; each costs a network round trip."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass

from .adapters import AdapterHealth
from .contract import CalculateStep, ClassifyStep, SearchStep, Step, SummarizeStep
from .faults import TOOL_LATENCY, Faults
from .knowledge import Knowledge
from .metrics import Metrics

ROUND_TRIP_SECONDS = (0.005, 0.03)
SLOW_ROUND_TRIP_SECONDS = (0.3, 0.4)
SUMMARY_WORDS = 12


@dataclass(frozen=True)
class ToolOutput:
    """What a tool said, and how sure it is (0 to 1)."""

    tool: str
    text: str
    confidence: float
    sources: tuple[str, ...] = ()


class Toolbox:
    """Calls tools and measures them."""

    def __init__(self, *, knowledge: Knowledge, faults: Faults, metrics: Metrics, adapters: AdapterHealth) -> None:
        self._knowledge = knowledge
        self._faults = faults
        self._metrics = metrics
        self._adapters = adapters
        self._random = random.Random()

    async def call(self, step: Step) -> ToolOutput:
        """The tool's output; its latency is in the histogram and in the adapter's health."""
        began = time.perf_counter()
        slow = self._faults.active(TOOL_LATENCY)
        await asyncio.sleep(self._random.uniform(*(SLOW_ROUND_TRIP_SECONDS if slow else ROUND_TRIP_SECONDS)))
        output = self._work(step)
        seconds = time.perf_counter() - began
        self._metrics.tool_latency.labels(tool=step.tool).observe(seconds)
        self._adapters.saw(step.tool, seconds)
        return output

    def _work(self, step: Step) -> ToolOutput:
        match step:
            case SearchStep():
                return self._search(step)
            case SummarizeStep():
                return self._signed(step.tool, " ".join(step.arguments.text.split()[:SUMMARY_WORDS]), 0.8)
            case ClassifyStep():
                return self._signed(step.tool, _most_common_word(step.arguments.text), 0.6)
            case CalculateStep():
                return self._signed(step.tool, str(sum(step.arguments.values)), 1.0)

    def _search(self, step: SearchStep) -> ToolOutput:
        names = self._knowledge.search(step.arguments.query, step.arguments.limit)
        text = "\n".join(self._knowledge.read(name) for name in names)
        return self._signed(step.tool, text, 0.9, tuple(names))

    def _signed(self, tool: str, text: str, confidence: float, sources: tuple[str, ...] = ()) -> ToolOutput:
        return ToolOutput(tool, f"{text}\n({self._knowledge.author()})", confidence, sources)


def _most_common_word(text: str) -> str:
    words = Counter(text.lower().split())
    return max(words, key=words.__getitem__, default="nothing")
