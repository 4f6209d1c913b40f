"""When a suite of the orchestrator may be run: F3's *if safe*, as a rule one can read.

1. Never against a live orchestrator: no variable of the run may hold an environment's address (this file).
2. Never with its data: the run gets the runbook's two variables and what the profile adds, none of the target's others
   and none of ours; `.env` files of the checkout are left out of the copy.
3. In a scratch copy of the checkout, with a home and a temporary directory of its own, which is removed afterwards.
4. Under limits of time, memory and output, and killed as a process group with everything it started.
5. What JUnit's XML says counts, not the exit code.

`clients/suites.py` carries out 2 to 5.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit


def unsafe_because(variables: Mapping[str, str], addresses: Iterable[str]) -> str | None:
    """Why a run with these variables could reach a live orchestrator at one of these addresses, or None."""
    live = {place for address in addresses if (place := urlsplit(address).netloc.rpartition("@")[2].lower())}
    for name, value in sorted(variables.items()):
        found = next((place for place in sorted(live) if place in value.lower()), None)
        if found is not None:
            return f"the variable {name} names {found}, where an orchestrator of the profile answers"
    return None
