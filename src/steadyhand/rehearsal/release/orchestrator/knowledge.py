"""The documents that the tools read.

Under the fault `guardrail-trips` the records come unmasked, as after a broken export: they carry addresses of people.
"""

import random

from .faults import GUARDRAIL_TRIPS, Faults

DOCUMENTS = {
    "handbook/queues": "A queue that grows while workers idle points at a resource which nobody hands back.",
    "handbook/planning": "A plan is a contract: each step names a tool and exactly the arguments which it takes.",
    "handbook/releases": "Roll back first and look for the reason afterwards: a release that passed once passes again.",
    "handbook/backups": "The age of the last good backup decides how much courage an operation may have.",
    "handbook/latency": "Latency of tools adds up along the slowest step, so measure each tool by itself.",
    "handbook/review": "When automation is in doubt a person reviews the result before it leaves the house.",
}
UNMASKED_SHARE = 0.8


class Knowledge:
    """A small, fixed document store."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._random = random.Random()

    def search(self, query: str, limit: int) -> list[str]:
        """Names of the documents that share most words with the query, best first."""
        wanted = set(query.lower().split())
        ranked = sorted(DOCUMENTS, key=lambda name: -len(wanted & set(DOCUMENTS[name].lower().split())))
        return ranked[:limit]

    def read(self, name: str) -> str:
        """One document's text."""
        return DOCUMENTS[name]

    def author(self) -> str:
        """Who is credited for an answer: a masked address, as long as the export masks them."""
        if self._faults.active(GUARDRAIL_TRIPS) and self._random.random() < UNMASKED_SHARE:
            return "j.doe@customers.example"
        return "j***@***"
