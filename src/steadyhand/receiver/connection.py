"""One connection of the receiver: uvicorn's protocol with bounds, and refusals that the client gets to read.

Refused here, before any endpoint: 400 what is no HTTP (bad, repeated or conflicting lengths, broken chunks, control
characters), 408 a head or a body that does not come to its end, 431 a head too large, 503 one connection too many.
None of it is logged, all of it counted: what a stranger sends must not fill the log.
"""

import asyncio
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from steadyhand.receiver.clock import Clock
from steadyhand.receiver.limits import Limits
from steadyhand.receiver.metrics import CONNECTIONS, REFUSED
from steadyhand.receiver.refusal import Refused

_HEADER_OVERHEAD = len(b": \r\n")
_NO_HTTP = "this is no valid HTTP request"
_CROWDED = "too many connections, or requests in one; come again"


class _Phase(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()


class BoundedProtocol(HttpToolsProtocol):
    """The clock of a phase runs only while it is the client's turn: never while we work or have paused reading."""

    limits: ClassVar[Limits] = Limits()
    _crowded = False
    _phase = _Phase.IDLE
    _refused = False
    _ended_a_message = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock of the first head runs."""
        super().connection_made(transport)
        CONNECTIONS.set(len(self.connections))
        self._clock = Clock(self.loop)
        self._unread = Clock(self.loop)
        self._crowded = len(self.connections) > self.limits.connections
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """No clock runs."""
        super().connection_lost(exc)
        CONNECTIONS.set(len(self.connections))
        self._clock.stop()
        self._unread.stop()

    def data_received(self, data: bytes) -> None:
        """Parsed, or refused; what follows a refusal is read away."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        if self._phase is _Phase.IDLE:
            self._expect_head()
        self._ended_a_message = False
        try:
            self.parser.feed_data(data)
            self._weigh_unfinished_head(len(data))
        except Refused as refused:
            self._refuse(refused)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            # What a callback raised is found in the parser's own error.
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Refused) else Refused(HTTPStatus.BAD_REQUEST, _NO_HTTP))

    def on_message_begin(self) -> None:
        """A head has begun."""
        super().on_message_begin()
        if self._phase is _Phase.IDLE:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The request goes to the application, if its head is within bounds."""
        if self._crowded or len(self.pipeline) >= self.limits.pipelined:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, _CROWDED)
        if self.parser.should_upgrade():
            raise Refused(HTTPStatus.BAD_REQUEST, "no other protocol is spoken here")
        self._weigh(len(self.url) + sum(len(name) + len(value) + _HEADER_OVERHEAD for name, value in self.headers))
        super().on_headers_complete()
        self._phase = _Phase.BODY
        self._head_bytes = 0
        self._start_clock(self.limits.body_seconds)

    def on_message_complete(self) -> None:
        """The next head may take its time, within the idle time if the answer is out already."""
        super().on_message_complete()
        self._phase = _Phase.IDLE
        self._ended_a_message = True
        self._clock.stop()
        if self.cycle.response_complete:
            self._start_clock(self.limits.idle_seconds)

    def on_response_complete(self) -> None:
        """The next request has its turn, unless one was refused meanwhile: then this was the last answer."""
        super().on_response_complete()
        if self._refused:
            self._hang_up()

    def pause_writing(self) -> None:
        """The client does not read: it is cut off when that goes on."""
        super().pause_writing()
        self._unread.start(self.limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._unread.stop()

    def timeout_keep_alive_handler(self) -> None:
        """Idle for too long."""
        self._hang_up()

    def _expect_head(self) -> None:
        self._phase = _Phase.HEAD
        self._head_bytes = 0
        self._start_clock(self.limits.crowd_seconds if self._crowded else self.limits.head_seconds)

    def _weigh_unfinished_head(self, size: int) -> None:
        """Bytes that a head shares with the end of the message before it are not held against it."""
        if self._phase is _Phase.HEAD and not self._ended_a_message:
            self._head_bytes += size
            self._weigh(self._head_bytes)

    def _weigh(self, size: int) -> None:
        if size > self.limits.head_bytes:
            words = f"request line and headers are over {self.limits.head_bytes} bytes"
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, words)

    def _start_clock(self, seconds: float) -> None:
        self._clock.start(seconds, partial(self._time_is_up, seconds))

    def _owes_an_answer(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _time_is_up(self, seconds: float) -> None:
        our_turn = self._owes_an_answer() and (self._phase is not _Phase.BODY or self.flow.read_paused)
        if our_turn:
            self._start_clock(seconds)
        elif self._crowded:
            self._refuse(Refused(HTTPStatus.SERVICE_UNAVAILABLE, _CROWDED))
        elif (self._phase is _Phase.HEAD and self._head_bytes) or self._owes_an_answer():
            self._refuse(Refused(HTTPStatus.REQUEST_TIMEOUT, f"the request did not come to its end in {seconds:g} s"))
        else:
            self._hang_up()

    def _refuse(self, refused: Refused) -> None:
        """The refusal is said and the connection ends; earlier requests still at work get their answers first."""
        self._refused = True
        self._clock.stop()
        REFUSED.labels("connection", refused.reason).inc()
        if self._owes_an_answer() and (self._phase is not _Phase.BODY or self.pipeline):
            self.pipeline.clear()
            return
        if self._phase is not _Phase.BODY or not self.cycle.response_started:
            self.transport.write(refused.answer())
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._hang_up()

    def _hang_up(self) -> None:
        """Closed, after what was written has gone out and the client had the time to read it."""
        self._refused = True
        if self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._clock.start(self.limits.linger_seconds, self.transport.abort)
        else:
            self.transport.close()
