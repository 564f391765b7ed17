"""The lean client inside Locust: the event loop reads and parses, and wakes the user once, when the answer is whole.

One watcher stays armed for as long as the connection lives. That saves, for each request, gevent's try to receive
before anything is there, a waiter, the arming of the watcher and a time-out object; and a user whose target answers at
once cannot keep the others from their turn. Deadlines are kept on the connections; one timer for each event loop looks
for the overdue every :data:`WATCH_S`. Only connecting, and the handshake of TLS, go over gevent's patched sockets.
"""

from __future__ import annotations

import socket
import ssl
from time import monotonic_ns
from typing import Any
from weakref import WeakKeyDictionary

import httptools
from gevent import get_hub, getcurrent, monkey
from gevent.socket import wait_write

from offerproof.loadtest.client.connection import CHUNK, MAX_ANSWER_BYTES, Endpoint, HttpConnection

WATCH_S = 0.05
"""A time-out is noticed at most so much later than it is due."""


class Watchdog:
    """Gives up what is overdue, for all connections of one event loop."""

    def __init__(self, hub: Any) -> None:
        self.open: set[GeventConnection] = set()
        self._timer = hub.loop.timer(WATCH_S, WATCH_S, ref=False)

    def add(self, connection: GeventConnection) -> None:
        """Watch a connection; the first one starts the timer."""
        if not self.open:
            self._timer.start(self._look)
        self.open.add(connection)

    def discard(self, connection: GeventConnection) -> None:
        """Watch a connection no more; the last one stops the timer."""
        self.open.discard(connection)
        if not self.open:
            self._timer.stop()

    def _look(self) -> None:
        now = monotonic_ns()
        for connection in [one for one in self.open if one.waiting is not None and one.deadline < now]:
            connection.wake("timeout")


_WATCHDOGS: WeakKeyDictionary[Any, Watchdog] = WeakKeyDictionary()


class GeventConnection(HttpConnection):
    """A :class:`HttpConnection` of greenlets: same requests, same answers, same failures."""

    _poll = staticmethod(monkey.get_original("select", "poll"))

    def __init__(self, endpoint: Endpoint, *, timeout: float = 10.0, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        super().__init__(endpoint, timeout=timeout, max_bytes=max_bytes)
        self.waiting: Any = None
        """The greenlet that waits for the answer."""
        self.deadline = 0
        self._allowed_ns = int(timeout * 1e9)
        self._failure = ""
        self._watcher: Any = None
        self._watchdog: Watchdog | None = None
        self._hub: Any = None
        self._receive: Any = None
        """Takes up to so many bytes of what has arrived."""

    def close(self) -> None:
        """Close the socket; the next exchange connects again."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
            watcher.close()
        if self._watchdog is not None:
            self._watchdog.discard(self)
        super().close()

    def wake(self, failure: str) -> None:
        """Let the user go on, in the event loop's own greenlet: the answer is whole, or will not come."""
        greenlet, self.waiting = self.waiting, None
        self._failure = failure
        greenlet.switch()

    def _open(self) -> str:
        failure = super()._open()
        sock = self._sock
        if failure or sock is None:
            return failure
        if self.endpoint.scheme == "http":
            plain: type[socket.socket] = monkey.get_original("socket", "socket")
            sock = self._sock = plain(sock.family, sock.type, sock.proto, fileno=sock.detach())
        sock.setblocking(False)
        self._receive = sock.read if isinstance(sock, ssl.SSLSocket) else sock.recv
        hub = self._hub = get_hub()
        watchdog = _WATCHDOGS.get(hub)
        if watchdog is None:
            watchdog = _WATCHDOGS[hub] = Watchdog(hub)
        self._watchdog = watchdog
        watchdog.add(self)
        self._watcher = hub.loop.io(sock.fileno(), 1)
        self._watcher.start(self._readable)
        return ""

    def _talk(self, sock: socket.socket, request: bytes, started: int) -> str:
        """Send, then sleep until the event loop has the whole answer."""
        self.deadline = started + self._allowed_ns
        try:
            try:
                sent = sock.send(request)
            except (BlockingIOError, ssl.SSLWantWriteError):
                sent = 0
            if sent < len(request):
                self._send_rest(sock, request[sent:])
            self._sent = True
        except TimeoutError:
            return "timeout"
        except OSError:
            return "reset"
        self.waiting = getcurrent()
        switch = self._hub.switch
        try:
            while self.waiting is not None:
                switch()
        except BaseException:  # killed while it waited: what arrives now belongs to nobody
            self.waiting = None
            self.close()
            raise
        return self._failure

    def _send_rest(self, sock: socket.socket, rest: bytes) -> None:
        """Send what the socket's buffer did not take at once; raises :class:`TimeoutError` or :class:`OSError`."""
        while rest:
            left = (self.deadline - monotonic_ns()) / 1e9
            if left <= 0:
                raise TimeoutError
            wait_write(sock.fileno(), timeout=left, timeout_exc=TimeoutError())
            try:
                rest = rest[sock.send(rest) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                continue

    def _readable(self) -> None:
        """Called by the event loop when something arrived, or the peer closed."""
        sock, reader = self._sock, self._reader
        assert sock is not None
        if self.waiting is None:  # nobody asked: TLS about itself, a server that closes, or that speaks out of turn
            if self._went_away(sock):
                self.close()
            return
        failure = ""
        try:
            while not failure:  # to the end of what is there: TLS may hold more than the socket shows
                data = self._receive(CHUNK)
                if not data:
                    failure = reader.on_eof()
                    break
                reader.parser.feed_data(data)
                if reader.too_large:
                    failure = "too_large"
                elif reader.complete:
                    break
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except httptools.HttpParserError:
            failure = "protocol"
        except OSError:
            failure = "reset"
        self.wake(failure)
