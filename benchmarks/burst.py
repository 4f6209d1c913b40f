"""What the load generator is told, and what it tells."""

from steadyhand.domain.record import Record

LOOPBACK = "127.0.0.1"
PATH = "/v1/alertmanager"


class Order(Record):
    """What is to be sent where, for how long.

    `prior` requests go before the measured ones, to warm up and to be known; `at_most` requests are made beforehand.
    """

    port: int
    token: str
    mix: str
    seed: int
    prior: int
    at_most: int
    seconds: float
    connections: int


class Burst(Record):
    """What came back. Latencies in milliseconds, of the measured requests that were answered with 200.

    `acknowledged` counts the 200s, the prior requests' too, by the SHA-256 of their bodies.
    """

    seconds: float
    statuses: dict[int, int]
    latencies: tuple[float, ...]
    acknowledged: dict[str, int]

    @property
    def per_second(self) -> float:
        """Acknowledged notifications a second."""
        return len(self.latencies) / self.seconds
