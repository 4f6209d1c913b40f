"""Whether Prometheus scrapes the target, with our labels and as often as the profile says: pure."""

import re
from collections.abc import Callable, Mapping, Sequence

from steadyhand.doctor.checkup import Seen, drift, ok, unknown
from steadyhand.doctor.host import host, hosts_only
from steadyhand.doctor.monitoring import Target
from steadyhand.profile import Prometheus

_SHOWN = 3
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NEARLY = 0.001
Line = Callable[[str, object], str | None]


def judged(targets: Sequence[Target], labels: Mapping[str, str], url: str, line: Line) -> Seen:
    """Whether a target with these labels is up. `line` gives the profile's line for a key of [prometheus]."""
    ours = _with(targets, labels)
    if not ours:
        return _unlabelled(targets, labels, url, line)
    up = [target for target in ours if target.health == "up"]
    if up:
        return ok(f"{len(up)} of {len(ours)} targets with {_told(labels)} are up, {host(up[0].scrape_url)} for one")
    if any(target.health == "unknown" for target in ours):
        return unknown(f"{host(ours[0].scrape_url)} was not scraped yet")
    return drift(f"{host(ours[0].scrape_url)} is {ours[0].health}: {hosts_only(ours[0].last_error)}")


def judged_interval(targets: Sequence[Target], labels: Mapping[str, str], settings: Prometheus, line: Line) -> Seen:
    """Whether it is scraped as often as the profile says: E3 counts the scrapes it expects."""
    ours = _with(targets, labels)
    if not ours:
        return unknown(f"no active target carries {_told(labels)}")
    real = max(_seconds(target.scrape_interval) for target in ours)
    if not real:
        return unknown(f"Prometheus does not say how often it scrapes {host(ours[0].scrape_url)}")
    told = f"{host(ours[0].scrape_url)} is scraped every {real:g} s"
    if abs(real - settings.scrape_interval_seconds) <= _NEARLY:
        return ok(told)
    wanted = f"{settings.scrape_interval_seconds:g} s"
    return drift(
        f"{told}, not every {wanted}", nearest=f"{real:g} s", remedy=line("scrape_interval_seconds", float(real))
    )


def _unlabelled(targets: Sequence[Target], labels: Mapping[str, str], url: str, line: Line) -> Seen:
    """Drift; where the target at this address carries the values under other names, that is the remedy."""
    here = [target for target in targets if _address(target.scrape_url) == _address(url)]
    if not here:
        others = ", ".join(sorted({host(target.scrape_url) for target in targets})[:_SHOWN]) or "none at all"
        return drift(f"no active target carries {_told(labels)} or is at {host(url)}; there are: {others}")
    keys = dict(zip(labels, ("environment_label", "service_label"), strict=True))
    name, value = next(pair for pair in labels.items() if pair not in here[0].labels.items())
    real = next((other for other, own in sorted(here[0].labels.items()) if own == value), None)
    return drift(
        f"{host(here[0].scrape_url)} is scraped without {name}={value!r}; it carries {_told(here[0].labels)}",
        nearest=real,
        remedy=line(keys[name], real) if real else None,
    )


def _with(targets: Sequence[Target], labels: Mapping[str, str]) -> list[Target]:
    return [target for target in targets if labels.items() <= target.labels.items()]


def _address(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _told(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in sorted(labels.items()))


def _seconds(duration: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(duration))
