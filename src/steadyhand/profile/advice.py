"""What a valid profile should be asked about: things that hold, but seldom mean what was wished for. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from steadyhand.domain.incident import Environment
from steadyhand.profile.problems import Key, dotted
from steadyhand.profile.profile import Profile
from steadyhand.profile.target import DEFAULT_URL

SCRAPES_NEEDED = 4
"""Fewer in a window, and one missed scrape decides about it."""
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One thing to look at again; the profile holds all the same."""

    key: Key
    message: str


def advice(profile: Profile) -> tuple[Advice, ...]:
    """All of it, each once: an environment's own tables are looked at where they differ from the shared ones."""
    shared = tuple(_measuring(profile))
    found = [*shared, *_people(profile), *_channels(profile)]
    for name in profile.environments:
        found += _environment(profile, name)
        own = (one for one in _measuring(profile.within(name)) if one not in shared)
        found += [Advice(key=("environments", name.value, *one.key), message=one.message) for one in own]
    return tuple(dict.fromkeys([*found, *_same_target(profile)]))


def _measuring(profile: Profile) -> Iterator[Advice]:
    prometheus, mitigation = profile.prometheus, profile.mitigation
    scrape = prometheus.scrape_interval_seconds
    windows = {
        ("prometheus", "spike_window_seconds"): prometheus.spike_window_seconds,
        ("prometheus", "baseline_window_seconds"): prometheus.baseline_window_seconds,
        ("mitigation", "verify_window_seconds"): mitigation.verify_window_seconds,
    }
    for key, seconds in windows.items():
        if seconds < SCRAPES_NEEDED * scrape:
            yield Advice(
                key=key, message=f"{seconds:g} s hold fewer than {SCRAPES_NEEDED} scrapes, one every {scrape:g} s"
            )
    for name in ("task_completion", "tool_latency"):
        if "{window}" not in getattr(prometheus, name).expression:
            message = "has no {window}: what it looks back over is not baseline_window_seconds"
            yield Advice(key=("prometheus", name, "expression"), message=message)
    if prometheus.environment_label == prometheus.service_label:
        message = f"is {prometheus.service_label!r}, which names the service too"
        yield Advice(key=("prometheus", "environment_label"), message=message)
    if mitigation.settle_seconds >= mitigation.verify_window_seconds:
        message = "is not shorter than verify_window_seconds: no change can be proven, each is undone"
        yield Advice(key=("mitigation", "settle_seconds"), message=message)


def _people(profile: Profile) -> Iterator[Advice]:
    people = profile.approvals.people
    secrets = Counter(str(person.totp.model_dump()) for person in people.values())
    for name, person in people.items():
        key: Key = ("approvals", "people", name)
        if secrets[str(person.totp.model_dump())] > 1:
            yield Advice(key=(*key, "totp"), message="is somebody else's too: either can answer as the other")
        if not person.environments:
            yield Advice(key=(*key, "environments"), message="is empty: they can say yes nowhere")


def _channels(profile: Profile) -> Iterator[Advice]:
    chat = profile.chat
    if not chat.channels:
        return
    used: dict[Key, str] = {("chat", "default_channel"): chat.default_channel}
    used |= {("chat", "team_channels", team): channel for team, channel in chat.team_channels.items()}
    for key, channel in used.items():
        if channel not in chat.channels:
            message = f"{channel} has no addresses under chat.channels: it goes to the log and a file only"
            yield Advice(key=key, message=message)
    for channel in chat.channels.keys() - set(used.values()):
        yield Advice(key=("chat", "channels", channel), message="is no team's channel, so nothing is sent there")


def _environment(profile: Profile, name: Environment) -> Iterator[Advice]:
    checkout = profile.environments[name].checkout
    if checkout is None:
        return
    key: Key = ("environments", name.value, "checkout")
    if "{release}" not in checkout:
        message = "has no {release}: the suites run on whatever lies there, which need not be what is deployed"
        yield Advice(key=key, message=message)
    for unknown in sorted(set(_PLACEHOLDER.findall(checkout)) - {"{release}"}):
        yield Advice(key=key, message=f"{unknown} is not replaced; only {{release}} is")


def _same_target(profile: Profile) -> Iterator[Advice]:
    urls = Counter(own.url.rstrip("/") for own in profile.environments.values() if own.url != DEFAULT_URL)
    for name, own in profile.environments.items():
        others = [dotted((other.value,)) for other in profile.environments if other != name]
        if urls[own.url.rstrip("/")] > 1:
            message = f"is the address of {', '.join(others)} too"
            yield Advice(key=("environments", name.value, "url"), message=message)
