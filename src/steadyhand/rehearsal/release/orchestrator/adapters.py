"""How the tools' adapters have been doing lately."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

WINDOW_SECONDS = 15.0
SAMPLES = 300
UNHEALTHY_P95_SECONDS = 0.2


@dataclass(frozen=True)
class ToolHealth:
    """One adapter: unhealthy when its 95th percentile (seconds, of the last `WINDOW_SECONDS`) is too high."""

    name: str
    healthy: bool
    p95_latency_seconds: float


class AdapterHealth:
    """Latencies of the recent calls, per tool. A tool that nobody called counts as healthy."""

    def __init__(self, tools: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls: dict[str, deque[tuple[float, float]]] = {tool: deque(maxlen=SAMPLES) for tool in tools}

    def saw(self, tool: str, seconds: float) -> None:
        """Remember one call."""
        self._calls[tool].append((self._clock(), seconds))

    def report(self) -> list[ToolHealth]:
        """Every tool, in the order of the contract."""
        return [self._health(tool) for tool in self._calls]

    def _health(self, tool: str) -> ToolHealth:
        since = self._clock() - WINDOW_SECONDS
        recent = sorted(seconds for at, seconds in self._calls[tool] if at >= since)
        p95 = recent[int(0.95 * (len(recent) - 1))] if recent else 0.0
        return ToolHealth(name=tool, healthy=p95 <= UNHEALTHY_P95_SECONDS, p95_latency_seconds=round(p95, 4))
