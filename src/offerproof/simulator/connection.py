"""One connection: bytes in, requests to the handler, answers out in order.

A connection is in one of five states. Requests are handled as they are parsed; they wait in a queue only while a
scenario holds an answer back or while the client does not take what it asked for. Nothing is read meanwhile, so the
queue is bounded by what one read can bring.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from offerproof.simulator.answers import Answer, Effect, Service, refusal
from offerproof.simulator.request_reader import (
    ANSWERING,
    BODY,
    CLOSING,
    HEAD,
    IDLE,
    ConnectionState,
    Request,
    RequestReader,
    refused,
)
from offerproof.simulator.write_buffer import CLOSE, CONTINUE, KEEP_ALIVE, WriteBuffer

_DRAIN = 8 * 1024 * 1024


class Handler(Protocol):
    """What the transport serves: ``App`` and, in a benchmark, an empty handler."""

    def handle(
        self,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        only: Service | None = None,
        *,
        oversize: bool = False,
    ) -> Answer:
        """Answer one request."""

    def limit(self, target: bytes) -> int:
        """Return the largest body that a request for this target may have."""

    def release(self, key: object | None) -> None:
        """An answer held back by a scenario has left."""


@dataclass(frozen=True)
class ConnectionLimits:
    """What one client may take. Sizes in bytes, times in seconds."""

    head: int = 16 * 1024
    idle: float = 75.0
    request: float = 10.0
    linger: float = 2.0
    connections: int = 4096
    unsent: int = 1024 * 1024


class Owner(Protocol):
    """What holds connections: the server."""

    app: Handler
    limits: ConnectionLimits
    connections: set[Connection]
    tick: int
    gathers: bool
    refused: Callable[[Answer], None] | None  # told of each request that never reaches the app

    def date(self) -> bytes:
        """The Date header of an answer, ended by CRLF; empty without a clock."""

    def gather(self, connection: Connection) -> None:
        """Have the connection's answers flushed at the end of this turn."""


class Connection(asyncio.Protocol):
    """The asyncio protocol of one client."""

    def __init__(self, server: Owner, loop: asyncio.AbstractEventLoop, only: Service | None) -> None:
        self._server = server
        self._loop = loop
        self._only = only
        self._app = server.app
        self._transport: asyncio.Transport
        self._reader = RequestReader(self, server.limits.head, server.app.limit)
        self._write_buffer = WriteBuffer(server.limits.unsent)
        self._waiting: deque[Request] = deque()
        self._held: tuple[asyncio.TimerHandle, Effect] | None = None
        self.state = IDLE
        self._blocked = False  # the client does not take what was written
        self._stopped_in = IDLE  # where reading stood when it stopped
        self._since = server.tick
        self._drained = 0

    def move(self, state: ConnectionState) -> None:
        """Go to another state: the one place where that happens."""
        assert state in self.state.follows, f"{self.state} to {state}"
        self.state = state
        if state is not BODY:  # a request has its time as a whole
            self._since = self._server.tick

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Welcome a client, or send it away when the house is full."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._server.connections.add(self)
        if len(self._server.connections) > self._server.limits.connections:
            full = refusal(None, 503, "not_available", "too many connections; try again", b"retry-after: 1\r\n")
            self.take(refused(full))
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; what it had asked for and was acknowledged stays done."""
        self._stop_reading(CLOSING)
        self._server.connections.discard(self)
        self._waiting.clear()
        self._write_buffer.take()

    def eof_received(self) -> bool:
        """The client sends no more: what is under way is still answered."""
        if self.busy:
            self.retire()
        return self.busy

    def data_received(self, data: bytes) -> None:
        """Take what one read brought."""
        if self.state is CLOSING:
            self._drained += len(data)
            if self._drained > _DRAIN:
                self.abort()
            return
        self._reader.feed(data)
        if self._write_buffer.size:
            self._send()
        if self._held or self._waiting:
            self._stop_reading(ANSWERING)
            self._work_off()

    def pause_writing(self) -> None:
        """The client does not take its answers: stop reading and handling."""
        self._blocked = True
        self._stop_reading(ANSWERING)

    def resume_writing(self) -> None:
        """The client takes its answers again."""
        self._blocked = False
        self._since = self._server.tick
        self._work_off()

    # -- what the reader tells

    def ask_for_body(self) -> None:
        """Say go on to a client that waits for that, if its turn has come."""
        if not (self._waiting or self._held):
            self._write_buffer.put(CONTINUE)
            if self._server.gathers:
                self._server.gather(self)

    def take(self, request: Request) -> None:
        """Answer a request, or let it wait for its turn."""
        if self._held or self._waiting or self._write_buffer.full:
            self._waiting.append(request)
        else:
            self._answer(request)
        if not request.keep:
            self._stop_reading(CLOSING)

    # -- requests to answers

    def _answer(self, request: Request) -> None:
        answer = request.refusal
        if answer is None:
            answer = self._app.handle(
                request.method, request.target, request.headers, request.body, self._only, oversize=request.oversize
            )
            if answer.effect is not None:
                self._stage(request, answer, answer.effect)
                return
        elif self._server.refused is not None:
            self._server.refused(answer)
        self._put_answer(request, answer)

    def _put_answer(self, request: Request, answer: Answer) -> None:
        ending = CLOSE if not request.keep else KEEP_ALIVE if request.old else b""
        self._write_buffer.put_answer(answer, self._server.date() + ending, bare=request.method == b"HEAD")
        if self._server.gathers:
            self._server.gather(self)
        if not request.keep:
            self._waiting.clear()
            self._stop_reading(CLOSING)

    def _stage(self, request: Request, answer: Answer, effect: Effect) -> None:
        """Let a scenario shape how the answer leaves."""
        if effect.delay > 0:
            self._held = self._loop.call_later(effect.delay, self._let_go, request, answer, effect), effect
        else:
            self._leave(request, answer, effect)

    def _let_go(self, request: Request, answer: Answer, effect: Effect) -> None:
        self._held = None
        if self._transport.is_closing():
            self._app.release(effect.release)
            return
        self._leave(request, answer, effect)
        self._work_off()

    def _leave(self, request: Request, answer: Answer, effect: Effect) -> None:
        self._app.release(effect.release)
        if effect.drop:
            self._send()
            self._stop_reading(CLOSING)
            self._waiting.clear()
            self._loop.call_soon(self.abort) if self._server.gathers else self.abort()
            return
        if effect.twice:
            self._write_buffer.put_answer(answer, b"")
        self._put_answer(request, answer)

    def _work_off(self) -> None:
        """Handle what had to wait, as far as it goes, and read on when nothing waits any more."""
        waiting, write_buffer = self._waiting, self._write_buffer
        while True:
            while waiting and not (self._held or self._blocked or write_buffer.full):
                self._answer(waiting.popleft())
            if not write_buffer.size or self._server.gathers:
                break
            self.flush(None)
        if self.state is ANSWERING and not (waiting or self._held or self._blocked):
            self.move(self._stopped_in)
            self._transport.resume_reading()

    # -- bytes out

    def _send(self) -> None:
        if not self._server.gathers:
            self.flush(None)

    def flush(self, failure: Answer | None) -> None:
        """Write all answers of this turn at once; with ``failure``, that one in place of each, and hang up."""
        data = self._write_buffer.take()
        if self._transport.is_closing():
            return
        if failure is not None:
            self._write_buffer.put_answer(failure, CLOSE)
            data = self._write_buffer.take()
            self._forget()
            self._stop_reading(CLOSING)
        if data:
            self._transport.write(data)
        if self._server.gathers and self._waiting:
            self._work_off()
        if self.state is CLOSING and not self.busy:
            self._end_politely()

    # -- the end

    @property
    def busy(self) -> bool:
        """Whether something asked is not yet answered."""
        return bool(self._waiting or self._held or self._write_buffer.size)

    def retire(self) -> None:
        """The server stops: answer what is under way, then close."""
        if self._waiting:
            self._waiting[-1].keep = False
        self._stop_reading(CLOSING)
        if not self.busy:
            self.abort()

    def check_time(self, tick: int) -> None:
        """Close a connection that idles, brings its request too slowly or does not take its answers."""
        if self._held:
            return
        limits = self._server.limits
        waited = tick - self._since
        if self.state in (HEAD, BODY):
            if waited > limits.request:
                self.take(refused(refusal(None, 408, "request_timeout", "the request did not arrive in time")))
                self._send()
        else:
            at_end = self.state is CLOSING and not self._transport.get_write_buffer_size()
            if waited > (limits.linger if at_end else limits.idle):
                self.abort()

    def abort(self) -> None:
        """Hang up at once."""
        self._stop_reading(CLOSING)
        self._forget()
        self._write_buffer.take()
        self._transport.abort()

    def _forget(self) -> None:
        """Leave unanswered what waits for its answer."""
        self._waiting.clear()
        if self._held is not None:
            timer, effect = self._held
            self._held = None
            timer.cancel()
            self._app.release(effect.release)

    def _stop_reading(self, state: ConnectionState) -> None:
        """Go to ANSWERING or CLOSING, if the connection is not there or beyond."""
        if self.state in (state, CLOSING):
            return
        if self.state is not ANSWERING:
            self._stopped_in = self.state
        if state is ANSWERING:
            self._transport.pause_reading()
        self.move(state)

    def _end_politely(self) -> None:
        """Close after what was written has left; a client that still sends gets the time to read its answer."""
        self._since = self._server.tick
        if self._stopped_in is IDLE:
            self._transport.close()
            return
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
