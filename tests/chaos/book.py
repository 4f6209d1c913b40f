"""What the senders write down: every acknowledgement, and every body that will never be acknowledged."""

import time
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.notification import Composed


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """A body that got a 2xx. Instants are of the monotonic clock, in seconds."""

    sent: Composed
    answer: str
    first_tried_at: float
    at: float
    tries: int

    @property
    def seconds(self) -> float:
        """From the first try to the 2xx."""
        return self.at - self.first_tried_at


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A body that was given up: a 4xx, which Alertmanager does not try again, or no 2xx for too long."""

    body: bytes
    answer: str


@dataclass
class Book:
    """In the order in which it happened."""

    opened_at: float = field(default_factory=time.monotonic)
    acknowledged: list[Acknowledgement] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def longest_gap(self) -> float:
        """The longest time, in seconds, in which nobody got an acknowledgement."""
        instants = [self.opened_at, *sorted(a.at for a in self.acknowledged)]
        return max((later - earlier for earlier, later in pairwise(instants)), default=0.0)
