"""The receiver as a server: uvicorn on uvloop and httptools, bounded, stopped without losing an answer."""

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace

import structlog
import uvicorn

from steadyhand.errors import ConfigurationError
from steadyhand.profile import Profile, Receiver
from steadyhand.receiver.app import create_app
from steadyhand.receiver.connection import BoundedProtocol
from steadyhand.receiver.limits import Limits
from steadyhand.receiver.logs import libraries_to_structlog
from steadyhand.receiver.tls import tls_context

_log = structlog.get_logger(__name__)
_OTHER_FILES = 256
"""Files and connections that are not clients': the database's, certificates, logs."""


def serve(profile: Profile, *, limits: Limits | None = None) -> None:
    """Serves until SIGTERM, SIGHUP or SIGINT; then requests in flight are finished and it returns.

    Raises ConfigurationError for tokens, certificates or an address it cannot start with, and KeyboardInterrupt after a
    SIGINT. To be called in the main thread; takes over the logging of the process.
    """
    libraries_to_structlog()
    bounds = _within_open_files(limits or Limits())
    context = tls_context(profile.receiver.tls)
    config = uvicorn.Config(
        create_app(profile),
        loop="uvloop",
        http=type("Bounded", (BoundedProtocol,), {"limits": bounds}),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=bounds.idle_seconds,
        timeout_graceful_shutdown=bounds.stop_seconds,
        ssl_context_factory=None if context is None else lambda *_: context,
    )
    server = _Server(config)
    with _bound(profile.receiver) as listener:
        server.run(sockets=[listener])
    if server.stopped_by is signal.SIGINT:
        raise KeyboardInterrupt


class _Server(uvicorn.Server):
    """Ends by returning: uvicorn's own would end the process by the signal once more."""

    stopped_by: signal.Signals | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM, SIGHUP and SIGINT stop it while the block lasts."""
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(one, self._stop, one)
        yield

    def _stop(self, by: signal.Signals) -> None:
        self.stopped_by = by
        self.should_exit = True


def _bound(settings: Receiver) -> socket.socket:
    """A socket on the profile's address, not listening yet: nobody connects before there is someone to answer."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; set receiver.host and receiver.port, "
            f"or stop what uses the port (`ss -ltnp 'sport = :{settings.port}'` names it)"
        ) from error
    return listener


def _within_open_files(limits: Limits) -> Limits:
    """As many connections as the process may have files for; the soft limit is raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + _OTHER_FILES
    if soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
        soft = max(soft, allowed)
    if soft >= wanted:
        return limits
    fewer = max(soft - _OTHER_FILES, soft // 2)
    _log.warning("fewer_connections", connections=fewer, open_files=soft, wanted=wanted)
    return replace(limits, connections=fewer)
