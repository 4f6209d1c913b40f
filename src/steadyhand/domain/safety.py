"""When a suite of the orchestrator may be run: F3's *if safe*, as a rule one can read.

1. Never against a live orchestrator: no variable of the run may name an environment's host (this file). For one on this
   very machine that is its port together with any of the machine's own names.
2. Never with its data: the run gets the runbook's two variables and what the profile adds, none of the target's others
   and none of ours; `.env` files of the checkout, and links that lead out of it, are left out of the copy.
3. In a scratch copy of the checkout, with a home and a temporary directory of its own, which is removed afterwards.
4. Under limits of time, memory and output, and killed as a process group with everything it started.
5. What JUnit's XML says counts, and only where the exit code agrees that the run was whole.

`clients/suites.py` carries out 2 to 5.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "[::1]"})  # noqa: S104 - compared, never bound
_PORTS = {"http": 80, "https": 443}


def unsafe_because(variables: Mapping[str, str], addresses: Iterable[str]) -> str | None:
    """Why a run with these variables could reach a live orchestrator at one of these addresses, or None.

    The reason names the variable, never its value, which may hold a password.
    """
    for address in addresses:
        place = urlsplit(address)
        host, port = (place.hostname or "").lower(), place.port or _PORTS.get(place.scheme, 0)
        named = _naming_own_port(variables, port) if host in _OWN_NAMES else _naming(variables, host)
        if named is not None:
            return f"the variable {named} names {host}:{port}, where an orchestrator of the profile answers"
    return None


def _naming(variables: Mapping[str, str], host: str) -> str | None:
    whole = re.compile(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)")
    return next((name for name, value in sorted(variables.items()) if host and whole.search(value.lower())), None)


def _naming_own_port(variables: Mapping[str, str], port: int) -> str | None:
    """The port is named, and this machine too, be it in another variable."""
    local = any(_naming(variables, own) for own in _OWN_NAMES)
    whole = re.compile(rf"(?<!\d){port}(?!\d)")
    return next((name for name, value in sorted(variables.items()) if local and whole.search(value)), None)
