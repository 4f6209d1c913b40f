"""Addresses on the loopback interface."""

import socket

from steadyhand.errors import ConfigurationError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(port: int, *, what: str, setting: str, host: str = LOOPBACK) -> None:
    """Raises ConfigurationError, naming the setting to change, when someone listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {host}:{port} for {what}: {error.strerror}. "
                f"Stop what uses the port (`ss -ltnp 'sport = :{port}'` names it) or set {setting} to another."
            ) from error
