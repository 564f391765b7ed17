"""One connection: bytes in, requests to the handler, answers out in order.

Requests are handled as they are parsed. They wait in a backlog only while a scenario holds an answer back or while the
client does not take what it asked for; reading stops meanwhile, so the backlog is bounded by what one read can bring.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from offerproof.simulator.answers import Answer, Effect, Service, refusal
from offerproof.simulator.heads import CLOSE, CONTINUE, KEEP_ALIVE, head
from offerproof.simulator.reception import HeadTooLarge, Request, Stop, too_long

if TYPE_CHECKING:
    from offerproof.simulator.server import Server

_BAD_HTTP = "the request is not well-formed HTTP/1.1"
_DRAIN = 8 * 1024 * 1024


class Connection(asyncio.Protocol):
    """The asyncio protocol of one client."""

    def __init__(self, server: Server, loop: asyncio.AbstractEventLoop, only: Service | None) -> None:
        self._server = server
        self._loop = loop
        self._only = only
        self._limits = server.limits
        self._app = server.app
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = 0
        self._head_size = 0
        self._head_read = 0
        self._in_message = False
        self._in_head = True
        self._oversize = False
        self._out: list[bytes] = []
        self._unsent = 0
        self._gathered = False
        self._backlog: deque[Request] = deque()
        self._held: asyncio.TimerHandle | None = None
        self._held_key: object | None = None
        self._paused = False
        self._closing = False
        self._drained = 0
        self._since = 0

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Welcome a client, or send it away when the house is full."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._since = self._server.tick
        self._server.connections.add(self)
        if len(self._server.connections) > self._limits.connections:
            full = refusal(None, 503, "not_available", "too many connections; try again", b"retry-after: 1\r\n")
            self._last_words(full)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; what it had asked for and was acknowledged stays done."""
        self._closing = True
        self._server.connections.discard(self)
        self._backlog.clear()
        self._out.clear()

    def eof_received(self) -> bool:
        """The client sends no more: what is under way is still answered."""
        if self.busy and not self._closing:
            self._closing_after_backlog()
            return True
        return False

    def data_received(self, data: bytes) -> None:
        """Take what one read brought."""
        if self._closing:
            self._drained += len(data)
            if self._drained > _DRAIN:
                self.abort()
            return
        inside = self._in_message and self._in_head
        self._feed(data)
        if self._in_message:
            if inside and self._in_head:
                self._head_read += len(data)  # of a header that is not parsed before it is complete
                if self._head_read > self._limits.head:
                    self._refuse_head()
        else:
            self._since = self._server.tick
        if self._out and not self._gathered:
            self._send()

    def pause_writing(self) -> None:
        """The client does not read: stop reading and handling."""
        self._paused = True
        self._pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._paused = False
        self._work_off()

    # -- httptools

    def on_message_begin(self) -> None:
        """A request starts."""
        self._in_message = self._in_head = True
        self._since = self._server.tick
        self._target = b""
        self._headers = {}
        self._parts = []
        self._size = self._head_size = self._head_read = 0
        self._oversize = False

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._target += url
        self._head_size += len(url)
        if self._head_size > self._limits.head:
            raise HeadTooLarge

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; a repeated one is joined by a comma, as HTTP defines it."""
        name = name.lower()
        headers = self._headers
        headers[name] = headers[name] + b", " + value if name in headers else value
        self._head_size += len(name) + len(value) + 4
        if self._head_size > self._limits.head:
            raise HeadTooLarge

    def on_headers_complete(self) -> None:
        """The head is there: refuse a body that is announced too large, and say go on where that is waited for."""
        self._in_head = False
        self._limit = self._app.limit(self._target)
        headers = self._headers
        length = headers.get(b"content-length")
        if length is not None and too_long(length, self._limit):
            self._oversize = True
            self._finish_request(keep=False)
            raise Stop
        if b"expect" in headers and self._parser.get_http_version() == "1.1":
            if headers[b"expect"].lower() != b"100-continue":
                self._last_words(refusal(None, 417, "expectation_failed", "only 100-continue is served"))
                raise Stop
            if not (self._backlog or self._held):
                self._put(CONTINUE)
                self._send()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._size += len(body)
        if self._size > self._limit:
            self._oversize = True
            self._finish_request(keep=False)
            raise Stop
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """The request is there."""
        self._in_message = False
        self._finish_request(keep=self._parser.should_keep_alive() and not self._server.stopping)
        if self._closing:
            raise Stop

    # -- requests to answers

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as failed:
            reason = failed.__context__
            if isinstance(reason, HeadTooLarge):
                self._refuse_head()
            elif not isinstance(reason, Stop):
                raise
        except httptools.HttpParserError:
            if not self._closing:
                self._last_words(refusal(None, 400, "bad_request", _BAD_HTTP))

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Stay with HTTP/1.1 when another protocol is offered: RFC 9110 lets a server ignore the offer."""
        if self._parser.get_method() == b"CONNECT":
            self._last_words(refusal(None, 400, "bad_request", "this is not a proxy"))
            return
        self._parser = httptools.HttpRequestParser(self)
        if rest and not self._closing:
            self._feed(rest)

    def _finish_request(self, *, keep: bool) -> None:
        parser = self._parser
        parts = self._parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        old = parser.get_http_version() == "1.0"
        request = Request(
            parser.get_method(), self._target, self._headers, body, keep=keep, old=old, oversize=self._oversize
        )
        if self._held or self._paused or self._backlog or self._unsent > self._limits.unsent:
            self._backlog.append(request)
            self._pause_reading()
            if not keep:
                self._closing = True
        else:
            self._answer(request)

    def _answer(self, request: Request) -> None:
        if b"host" not in request.headers and not request.old:
            self._last_words(refusal(None, 400, "bad_request", "HTTP/1.1 needs a Host header"))
            return
        answer = self._app.handle(
            request.method, request.target, request.headers, request.body, self._only, oversize=request.oversize
        )
        if answer.effect is not None and self._hold(request, answer, answer.effect):
            return
        self._put_answer(request, answer)

    def _put_answer(self, request: Request, answer: Answer) -> None:
        ending = CLOSE if not request.keep else KEEP_ALIVE if request.old else b""
        self._put(head(answer, ending))
        if request.method != b"HEAD":
            self._put(answer.body)
        if not request.keep:
            self._backlog.clear()
            self._hang_up()

    def _hold(self, request: Request, answer: Answer, effect: Effect) -> bool:
        """Let a scenario shape how the answer leaves; True when it does not leave now."""
        if effect.delay > 0:
            self._pause_reading()
            self._held_key = effect.release
            self._held = self._loop.call_later(effect.delay, self._let_go, request, answer, effect)
            return True
        self._held_key = effect.release
        self._release()
        if effect.drop:
            self._send()
            self._loop.call_soon(self.abort) if self._server.gathers else self.abort()
            return True
        if effect.twice:
            self._put(head(answer, b""))
            self._put(answer.body)
        return False

    def _let_go(self, request: Request, answer: Answer, effect: Effect) -> None:
        self._held = None
        self._release()
        if self._transport.is_closing():
            return
        if effect.drop:
            self.abort()
            return
        if effect.twice:
            self._put(head(answer, b""))
            self._put(answer.body)
        self._put_answer(request, answer)
        self._work_off()

    def _release(self) -> None:
        key, self._held_key = self._held_key, None
        if key is not None:
            self._app.release(key)

    def _work_off(self) -> None:
        """Handle what had to wait, as far as it goes."""
        backlog = self._backlog
        while backlog and not (self._held or self._paused or self._unsent > self._limits.unsent):
            self._answer(backlog.popleft())
        if self._out and not self._gathered:
            self._send()
        if not (backlog or self._held or self._paused):
            self._transport.resume_reading()

    # -- bytes out

    def _put(self, data: bytes) -> None:
        self._out.append(data)
        self._unsent += len(data)
        if self._server.gathers and not self._gathered:
            self._gathered = True
            self._server.gather(self)

    def _send(self) -> None:
        if self._server.gathers:
            return
        self.flush(None)

    def flush(self, failure: Answer | None) -> None:
        """Write all answers of this turn at once; with ``failure``, that one in place of each, and hang up."""
        self._gathered = False
        if self._transport.is_closing():
            return
        if failure is not None:
            self._out = [head(failure, CLOSE), failure.body]
            self._closing = True
        data = b"".join(self._out)
        self._out.clear()
        self._unsent = 0
        if data:
            self._transport.write(data)
        if self._closing and not (self._backlog or self._held):
            self._end_politely()
        elif self._backlog and not (self._held or self._paused):
            self._work_off()

    def _last_words(self, answer: Answer) -> None:
        self._put(head(answer, CLOSE))
        self._put(answer.body)
        self._hang_up()
        if not self._gathered:
            self._send()

    def _refuse_head(self) -> None:
        if not self._closing:
            limit = self._limits.head
            self._last_words(refusal(None, 431, "header_too_large", f"the request's head is larger than {limit} bytes"))

    # -- the end

    @property
    def busy(self) -> bool:
        """Whether something asked is not yet answered."""
        return bool(self._backlog or self._held or self._out)

    def retire(self) -> None:
        """The server stops: answer what is under way, then close."""
        if self.busy:
            self._closing_after_backlog()
        else:
            self.abort()

    def check_time(self, tick: int) -> None:
        """Close a connection that idles, or that brings its request too slowly."""
        if self._held or self._backlog:
            return
        waited = tick - self._since
        if self._closing or self._paused:
            if waited > (self._limits.linger if self._closing else self._limits.idle):
                self.abort()
        elif self._in_message and waited > self._limits.request:
            self._last_words(refusal(None, 408, "request_timeout", "the request did not arrive in time"))
        elif waited > self._limits.idle:
            self.abort()

    def abort(self) -> None:
        """Hang up at once."""
        self._closing = True
        if self._held is not None:
            self._held.cancel()
            self._held = None
            self._release()
        self._backlog.clear()
        self._out.clear()
        self._transport.abort()

    def _closing_after_backlog(self) -> None:
        if self._backlog:
            self._backlog[-1].keep = False
        self._closing = True

    def _hang_up(self) -> None:
        self._closing = True
        self._since = self._server.tick

    def _end_politely(self) -> None:
        """Close after what was written has left; a client that still sends gets the time to read its answer."""
        if not self._in_message:
            self._transport.close()
            return
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _pause_reading(self) -> None:
        self._transport.pause_reading()
