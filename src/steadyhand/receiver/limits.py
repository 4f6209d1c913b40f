"""How much of one client the receiver bears."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of every connection. What exceeds them is answered and closed, and never keeps another client waiting."""

    head_bytes: int = 64 * 1024
    """Request line and headers; more are answered with 431."""
    head_seconds: float = 10.0
    """From the first byte of a head to its last, and from the connection to the first byte."""
    body_seconds: float = 30.0
    """From the head's last byte to the body's, while we are reading."""
    idle_seconds: int = 30
    """Between two requests of one connection."""
    answer_seconds: float = 30.0
    """How long a client may leave an answer unread before it is cut off."""
    connections: int = 4096
    """More are answered with 503."""
    pipelined: int = 16
    """Requests of one connection that wait for those before them; one more is answered with 503."""
    crowd_seconds: float = 1.0
    """How long one of those may take to ask, before it gets its 503 unasked."""
    linger_seconds: float = 2.0
    """How long after a refusal what a client still sends is read away, so that it gets to read the refusal."""
    stop_seconds: int = 10
    """How long requests in flight may take to end when the receiver is stopped."""
