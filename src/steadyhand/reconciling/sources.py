"""Who is asked: every Alertmanager and every Prometheus of the profile, each once. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from steadyhand.domain.incident import Environment
from steadyhand.profile import Alertmanager, Profile, Prometheus


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One Alertmanager, and the names of our receivers in it."""

    address: str
    receivers: tuple[str, ...]
    seconds: float
    settling: timedelta
    """After its start it may not have been told yet of all that fires."""

    @property
    def source(self) -> str:
        """What it is called in the records."""
        return f"alertmanager {self.address}"


@dataclass(frozen=True, kw_only=True)
class Server:
    """One Prometheus, and the Alertmanagers of the environments it looks after."""

    settings: Prometheus
    peers: tuple[str, ...]

    @property
    def source(self) -> str:
        """What it is called in the records."""
        return f"prometheus {_plain(self.settings.url)}"


def peers(profile: Profile) -> tuple[Peer, ...]:
    """Every Alertmanager, each once whatever the number of environments that name it."""
    found: dict[str, Peer] = {}
    for environment in Environment:
        settings = profile.within(environment).alertmanager
        for address in _members(settings):
            before = found[address].receivers if address in found else ()
            found[address] = Peer(
                address=address,
                receivers=tuple(dict.fromkeys((*before, settings.receiver))),
                seconds=settings.timeout_seconds,
                settling=timedelta(seconds=settings.settle_seconds),
            )
    return tuple(found.values())


def servers(profile: Profile) -> tuple[Server, ...]:
    """Every Prometheus, each once."""
    found: dict[str, Server] = {}
    for environment in Environment:
        settings = profile.within(environment).prometheus
        url = _plain(settings.url)
        before = found[url].peers if url in found else ()
        every = tuple(dict.fromkeys((*before, *cluster(profile, environment))))
        found[url] = Server(settings=settings, peers=every)
    return tuple(found.values())


def cluster(profile: Profile, environment: Environment) -> tuple[str, ...]:
    """The addresses of all members of this environment's Alertmanager."""
    return _members(profile.within(environment).alertmanager)


def _members(settings: Alertmanager) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_plain(url) for url in (settings.url, *settings.peers)))


def _plain(url: str) -> str:
    return url.rstrip("/")
