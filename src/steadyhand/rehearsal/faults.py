"""Break things on purpose, and stop breaking them. Both work while the orchestrator runs."""

from .builds import BAD_AGGREGATION, build
from .errors import UnknownFaultError
from .site import Site

BAD_RELEASE = "bad-release"
BAD_VERSION = "2.8.0"

FAULTS: dict[str, str] = {
    "planner-contract": "the model behind the planner answers with plans that break the contract",
    "queue-starvation": "permits are not handed back: under asyncio scheduling the workers wait for ever",
    BAD_RELEASE: f"release {BAD_VERSION} is deployed, whose aggregation has a bug that its own regression suite finds",
    "tool-latency": "every tool takes 0.3 to 0.4 s instead of 5 to 30 ms",
    "guardrail-trips": "documents come with personal data, so that guardrails withhold most outputs",
    "down": "the process dies at once, and again at each start",
    "refuses-config": "the process dies at boot when planning or scheduling differ from their defaults",
    "no-effect": "changes of planning and scheduling are accepted and reported, but not followed",
}


def inject(site: Site, name: str) -> None:
    """The fault is in force (for a running orchestrator within 0.2 s); raises `UnknownFaultError`.

    `bad-release` adds its release and wants it, with the environment as it is.
    """
    _check(name)
    if name == BAD_RELEASE:
        build(site.releases_dir, BAD_VERSION, known_good=False, aggregation=BAD_AGGREGATION)
        site.deploy(BAD_VERSION, site.desired().environment)
        return
    with site.changing():
        site.write_faults(tuple(dict.fromkeys([*site.active_faults(), name])))


def clear(site: Site, name: str | None = None) -> None:
    """The fault (or every fault, without a name) is gone; one that was not there is no error.

    Clearing `bad-release` wants the newest known good release again, unless a known good one is wanted already.
    """
    if name is not None:
        _check(name)
    if name in (None, BAD_RELEASE):
        desired = site.desired()
        if not site.release(desired.release).known_good:
            site.deploy(site.known_good()[0].version, desired.environment)
    if name != BAD_RELEASE:
        with site.changing():
            site.write_faults(() if name is None else tuple(fault for fault in site.active_faults() if fault != name))


def active(site: Site) -> list[str]:
    """The names of the faults in force."""
    bad = [] if site.release(site.desired().release).known_good else [BAD_RELEASE]
    return [*site.active_faults(), *bad]


def _check(name: str) -> None:
    if name not in FAULTS:
        raise UnknownFaultError(name, FAULTS)
